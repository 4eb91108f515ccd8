import { type Context, Elysia } from "elysia";
import { AccountPage } from "../../../views/accounts/account.tsx";
import { LandingPage } from "../../../views/accounts/landing.tsx";
import { RegisterPage, ResetPasswordPage, SignInPage } from "../../../views/accounts/sign-in.tsx";
import type { Actor } from "../../actor.ts";
import { timeZoneOf } from "../../calendar.ts";
import { AppError } from "../../errors.ts";
import { type Fields, formBody } from "../../http/body.ts";
import type { ClientOf } from "../../http/client.ts";
import { isFragment } from "../../http/htmx.ts";
import { formKey, isKeyReused } from "../../http/idempotency-key.ts";
import type { Frame, Pages } from "../../http/pages.ts";
import { errorHeaders, statusOf } from "../../http/problem.ts";
import { safeNext, seeOther } from "../../http/redirect.ts";
import type { Session, Sessions } from "../../http/session.ts";
import { THEMES } from "../../http/theme.ts";
import { check } from "../../validation/check.ts";
import { AccountPatch, accountKey, Credentials, PasswordChange, PasswordReset, Registration } from "./model.ts";
import type { Accounts } from "./service.ts";

/** The pages that need no session. A visitor who is signed in is redirected. */
export const signInPages = (accounts: Accounts, sessions: Sessions, pages: Pages, clientOf: ClientOf) =>
  new Elysia({ name: "sign-in-pages", detail: { hide: true } })
    .use(formBody)
    .use(pages.plugin)
    .get("/", async ({ frame, request, html }) => {
      const visitor = await sessions.identify(request);
      return visitor ? seeOther(request, startOf(visitor.actor.user)) : html(<LandingPage frame={frame} />);
    })
    .get("/register", async ({ frame, request, html }) =>
      (await sessions.identify(request))
        ? seeOther(request, safeNext(nextOf(request)))
        : html(<RegisterPage frame={frame} next={nextOf(request)} />),
    )
    .get("/login", async ({ frame, request, html }) =>
      (await sessions.identify(request))
        ? seeOther(request, safeNext(nextOf(request)))
        : html(<SignInPage frame={frame} next={nextOf(request)} />),
    )
    .post("/time-zone", ({ request, form, set }) => {
      const timeZone = timeZoneOf(form.get("timeZone") ?? "");
      if (timeZone === undefined) throw new AppError("malformed", "timeZone must be the name of an IANA time zone.");
      set.status = 204;
      set.headers["set-cookie"] = pages.timeZoneCookie(request, timeZone);
    })
    .post("/register", async ({ frame, request, form, html, set }) => {
      const values = textFields(form, ["username", "email", "password"]);
      const client = clientOf(request);
      try {
        const registration = check(Registration, values);
        const { username, email } = registration;
        // As in the API: no hash of the password is stored with the key.
        const repeat = formKey(request, form, `register ${accountKey(username)}`, [username, email]);
        const user = await accounts.register(registration, "browser", { client, repeat }).catch((error) => {
          if (!isKeyReused(error)) throw error;
          // The same form with another password is a new attempt.
          return accounts.register(registration, "browser", { client });
        });
        const session = await beginOnce(accounts, repeat, (repeat) =>
          accounts.beginSession(user, "browser", client, repeat),
        );
        return seeOther(request, safeNext(nextOf(request)), await sessions.signInCookies(request, session));
      } catch (error) {
        const rejected = rejection(error, set);
        return html(<RegisterPage frame={frame} next={nextOf(request)} values={values} {...rejected} />);
      }
    })
    .post("/login", async ({ frame, request, form, html, set }) => {
      const values = textFields(form, ["username", "password"]);
      try {
        const credentials = check(Credentials, values);
        const client = clientOf(request);
        const device = await sessions.knownDevice(request);
        const session = await beginOnce(accounts, formKey(request, form, "", values.username), (repeat) =>
          accounts.signIn(credentials, "browser", { client, device, repeat }),
        );
        const next = nextOf(request) ?? startOf(session.user);
        return seeOther(request, safeNext(next), await sessions.signInCookies(request, session));
      } catch (error) {
        const rejected = rejection(error, set);
        return html(<SignInPage frame={frame} next={nextOf(request)} values={values} {...rejected} />);
      }
    })
    .get("/reset-password", ({ frame, html }) => html(<ResetPasswordPage frame={frame} />))
    .post("/reset-password", async ({ frame, request, form, html, set }) => {
      const values = textFields(form, ["token", "password"]);
      try {
        await accounts.resetPasswordByToken(check(PasswordReset, values));
        return pages.redirectWithMessage(request, "/login", "Password changed. Sign in with the new one.");
      } catch (error) {
        const rejected = rejection(error, set);
        return html(<ResetPasswordPage frame={frame} values={values} {...rejected} />);
      }
    });

export const accountPages = (accounts: Accounts, sessions: Sessions, pages: Pages, clientOf: ClientOf) => {
  async function accountPage(frame: Frame, actor: Actor, rejected?: Rejection) {
    const [entries, events] = await Promise.all([accounts.listSessions(actor), accounts.listEvents(actor)]);
    return <AccountPage frame={frame} actor={actor} sessions={entries} events={events} {...rejected} />;
  }

  return new Elysia({ name: "account-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .get("/account", async ({ actor, frame, html }) => html(await accountPage(frame, actor)))
    .post("/account/theme", ({ request, form }) => {
      const theme = THEMES.find((name) => name === form.get("theme"));
      if (!theme) throw new AppError("malformed", "Choose one of the themes.");
      const cookie = pages.themeCookie(request, theme);
      // The page applies the theme itself, so that the keyboard focus stays where it is.
      if (isFragment(request)) return new Response(null, { status: 204, headers: { "set-cookie": cookie } });
      return seeOther(request, "/account", [cookie]);
    })
    .post("/account/password", async ({ actor, frame, request, form, html, set }) => {
      try {
        const change = check(PasswordChange, textFields(form, ["currentPassword", "newPassword"]));
        await accounts.changePassword(actor, change, clientOf(request));
        return pages.redirectWithMessage(request, "/account", "Password changed. All other sessions ended.");
      } catch (error) {
        return html(await accountPage(frame, actor, rejection(error, set)));
      }
    })
    .post("/account/sessions/end-others", async ({ actor, request }) => {
      await accounts.endOtherSessions(actor);
      return pages.redirectWithMessage(request, "/account", "All other sessions ended.");
    })
    .post("/account/sessions/:id/end", async ({ actor, params, request }) => {
      // A second click finds the session ended already, which is what the user wants.
      await accounts.endSession(actor, params.id).catch((error: unknown) => {
        if (!(error instanceof AppError && error.code === "notFound")) throw error;
      });
      return pages.redirectWithMessage(request, "/account", "Session ended.");
    })
    .post("/account/time-zone", async ({ actor, request, form }) => {
      await accounts.changeSettings(actor, check(AccountPatch, { timeZone: form.get("timeZone") || null }));
      // The page updates its dates itself, so that the keyboard focus stays where it is.
      return isFragment(request) ? new Response(null, { status: 204 }) : seeOther(request, "/account");
    })
    .post("/account/settings", async ({ actor, request, form }) => {
      const names = ["dateFormat", "timeFormat", "firstDayOfWeek", "startPage"];
      await accounts.changeSettings(actor, check(AccountPatch, textFields(form, names)));
      return seeOther(request, "/account");
    })
    .post("/logout", async ({ actor, request }) => {
      await accounts.signOut(actor);
      return seeOther(request, "/", [sessions.signOutCookie(request)]);
    });
};

type Repeat = ReturnType<typeof formKey>;

/** Begins one session for a form that is sent twice. A form sent again after signing out begins another. */
async function beginOnce(accounts: Accounts, repeat: Repeat, begin: (repeat?: Repeat) => Promise<Session>) {
  const session = await begin(repeat);
  return (await accounts.findSession(session.user.id, session.id, "browser")) ? session : begin();
}

/** Returns the page that an account starts on. */
const startOf = ({ id, startPage }: Actor["user"]) =>
  ({ list: "/tasks", inbox: `/projects/${id}`, today: "/today", upcoming: "/upcoming" })[startPage];

const nextOf = (request: Request) => new URL(request.url).searchParams.get("next") ?? undefined;

const textFields = <Name extends string>(form: Fields, names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, form.get(name) ?? ""])) as Record<Name, string>;

type Rejection = ReturnType<typeof rejection>;

/** Sets the status of rejected input, and returns what its form shows. Throws errors that a person can't fix. */
function rejection(error: unknown, set: Context["set"]) {
  if (!(error instanceof AppError) || error.code === "internal") throw error;
  set.status = statusOf(error);
  const { "retry-after": retryAfter } = errorHeaders(error);
  if (retryAfter) set.headers["retry-after"] = retryAfter;
  return { issues: error.issues, problem: error.issues.length === 0 ? error.message : undefined };
}

import { Elysia } from "elysia";
import { AccountPage } from "../../../views/accounts/account.tsx";
import { LandingPage } from "../../../views/accounts/landing.tsx";
import { RegisterPage, SignInPage } from "../../../views/accounts/sign-in.tsx";
import { AppError } from "../../errors.ts";
import { type Fields, formBody } from "../../http/body.ts";
import { isFragment } from "../../http/htmx.ts";
import type { Pages } from "../../http/pages.ts";
import { statusOf } from "../../http/problem.ts";
import { safeNext, seeOther } from "../../http/redirect.ts";
import type { Sessions } from "../../http/session.ts";
import { THEMES } from "../../http/theme.ts";
import { check } from "../../validation/check.ts";
import { Credentials, Registration } from "./model.ts";
import type { Accounts } from "./service.ts";

/** The pages that need no session. A visitor who is signed in is redirected. */
export const signInPages = (accounts: Accounts, sessions: Sessions, pages: Pages) =>
  new Elysia({ name: "sign-in-pages", detail: { hide: true } })
    .use(formBody)
    .use(pages.plugin)
    .get("/", async ({ frame, request, html }) =>
      (await sessions.identify(request)) ? seeOther(request, "/tasks") : html(<LandingPage frame={frame} />),
    )
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
    .post("/register", async ({ frame, request, form, html, set }) => {
      const values = textFields(form, ["username", "email", "password"]);
      try {
        await accounts.register(check(Registration, values), "browser");
        const session = await accounts.signIn({ username: values.username, password: values.password }, "browser");
        return seeOther(request, safeNext(nextOf(request)), [await sessions.signInCookie(request, session)]);
      } catch (error) {
        const { status, ...rest } = rejection(error);
        set.status = status;
        return html(<RegisterPage frame={frame} next={nextOf(request)} values={values} {...rest} />);
      }
    })
    .post("/login", async ({ frame, request, form, html, set }) => {
      const values = textFields(form, ["username", "password"]);
      try {
        const session = await accounts.signIn(check(Credentials, values), "browser");
        return seeOther(request, safeNext(nextOf(request)), [await sessions.signInCookie(request, session)]);
      } catch (error) {
        const { status, ...rest } = rejection(error);
        set.status = status;
        return html(<SignInPage frame={frame} next={nextOf(request)} values={values} {...rest} />);
      }
    });

export const accountPages = (accounts: Accounts, sessions: Sessions, pages: Pages) =>
  new Elysia({ name: "account-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .get("/account", ({ actor, frame, html }) => html(<AccountPage frame={frame} actor={actor} />))
    .post("/account/theme", ({ request, form }) => {
      const theme = THEMES.find((name) => name === form.get("theme"));
      if (!theme) throw new AppError("malformed", "Choose one of the themes.");
      const cookie = pages.themeCookie(request, theme);
      // The page applies the theme itself, so that the keyboard focus stays where it is.
      if (isFragment(request)) return new Response(null, { status: 204, headers: { "set-cookie": cookie } });
      return seeOther(request, "/account", [cookie]);
    })
    .post("/logout", async ({ actor, request }) => {
      await accounts.signOut(actor);
      return seeOther(request, "/", [sessions.signOutCookie(request)]);
    });

const nextOf = (request: Request) => new URL(request.url).searchParams.get("next") ?? undefined;

const textFields = <Name extends string>(form: Fields, names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, form.get(name) ?? ""])) as Record<Name, string>;

/** Returns what a form shows about rejected input. Throws errors that a person can't fix. */
function rejection(error: unknown) {
  if (!(error instanceof AppError) || error.code === "internal") throw error;
  return {
    status: statusOf(error),
    issues: error.issues,
    problem: error.issues.length === 0 ? error.message : undefined,
  };
}

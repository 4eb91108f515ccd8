import { Elysia } from "elysia";
import { AccountPage } from "../../../views/accounts/account.tsx";
import { LandingPage } from "../../../views/accounts/landing.tsx";
import { RegisterPage, SignInPage } from "../../../views/accounts/sign-in.tsx";
import type { Config } from "../../config.ts";
import { AppError } from "../../errors.ts";
import { type Fields, formBody } from "../../http/body.ts";
import { pages, safeNext, seeOther, siteCookie, THEMES, themeOf } from "../../http/pages.ts";
import { statusOf } from "../../http/problem.ts";
import { isFragment } from "../../http/request.ts";
import type { Sessions } from "../../http/session.ts";
import { check } from "../../validation/index.ts";
import { Credentials, Registration } from "./model.ts";
import type { Accounts } from "./service.ts";

const THEME_SECONDS = 365 * 24 * 60 * 60;

/** What can be seen without signing in. Who is in already is led on. */
export const signInPages = (accounts: Accounts, sessions: Sessions) =>
  new Elysia({ name: "sign-in-pages", detail: { hide: true } })
    .use(formBody)
    .use(pages)
    .get("/", async ({ request, html }) =>
      (await sessions.identify(request)) ? seeOther(request, "/tasks") : html(<LandingPage theme={themeOf(request)} />),
    )
    .get("/register", async ({ request, html }) =>
      (await sessions.identify(request))
        ? seeOther(request, safeNext(nextOf(request)))
        : html(<RegisterPage theme={themeOf(request)} next={nextOf(request)} />),
    )
    .get("/login", async ({ request, html }) =>
      (await sessions.identify(request))
        ? seeOther(request, safeNext(nextOf(request)))
        : html(<SignInPage theme={themeOf(request)} next={nextOf(request)} />),
    )
    .post("/register", async ({ request, form, html, set }) => {
      const values = typed(form, ["username", "email", "password"]);
      try {
        await accounts.register(check(Registration, values), "browser");
        const session = await accounts.signIn({ username: values.username, password: values.password }, "browser");
        return seeOther(request, safeNext(nextOf(request)), [await sessions.signInCookie(request, session)]);
      } catch (error) {
        const { status, ...rest } = refusal(error);
        set.status = status;
        return html(<RegisterPage theme={themeOf(request)} next={nextOf(request)} values={values} {...rest} />);
      }
    })
    .post("/login", async ({ request, form, html, set }) => {
      const values = typed(form, ["username", "password"]);
      try {
        const session = await accounts.signIn(check(Credentials, values), "browser");
        return seeOther(request, safeNext(nextOf(request)), [await sessions.signInCookie(request, session)]);
      } catch (error) {
        const { status, ...rest } = refusal(error);
        set.status = status;
        return html(<SignInPage theme={themeOf(request)} next={nextOf(request)} values={values} {...rest} />);
      }
    });

export const accountPages = (accounts: Accounts, sessions: Sessions, config: Pick<Config, "trustProxy">) =>
  new Elysia({ name: "account-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages)
    .get("/account", ({ actor, request, html }) => html(<AccountPage actor={actor} theme={themeOf(request)} />))
    .post("/account/theme", ({ request, form }) => {
      const theme = THEMES.find((name) => name === form.get("theme"));
      if (!theme) throw new AppError("malformed", "Choose one of the colours offered.");
      const cookie = siteCookie(request, config, "theme", theme, THEME_SECONDS);
      // The page shows the colours by itself then, and whoever tries them by keyboard stays where they are.
      if (isFragment(request)) return new Response(null, { status: 204, headers: { "set-cookie": cookie } });
      return seeOther(request, "/account", [cookie]);
    })
    .post("/logout", async ({ actor, request }) => {
      await accounts.signOut(actor);
      return seeOther(request, "/", [sessions.signOutCookie(request)]);
    });

const nextOf = (request: Request) => new URL(request.url).searchParams.get("next") ?? undefined;

const typed = <Name extends string>(form: Fields, names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, form.get(name) ?? ""])) as Record<Name, string>;

/** What a form shows beside its fields, or above them when no field is to blame. Faults that aren't the person's go on up. */
function refusal(error: unknown) {
  if (!(error instanceof AppError) || error.code === "internal") throw error;
  return {
    status: statusOf(error),
    issues: error.issues,
    problem: error.issues.length === 0 ? error.message : undefined,
  };
}

import { Elysia } from "elysia";
import { jsonBody, jsonOrFormBody } from "../../http/body.ts";
import { repeatable } from "../../http/idempotency.ts";
import { operation } from "../../http/openapi.ts";
import type { Sessions } from "../../http/session.ts";
import { accountKey, Credentials, Registration } from "./model.ts";
import { type Accounts, SESSION_SECONDS } from "./service.ts";

const tag = "Accounts";

/** Getting in: open to everyone. */
export const signInApi = (accounts: Accounts, sessions: Sessions) =>
  new Elysia({ name: "sign-in-api", prefix: "/api" })
    .use(
      new Elysia({ name: "register-api" }).use(jsonBody).post(
        "/register",
        async ({ body, request, set }) => {
          // The password is left out: a quick hash of one is nothing to keep. The service holds it against the account.
          const scope = `register ${accountKey(body.username)}`;
          const repeat = repeatable(request, scope, [body.username, body.email]);
          const user = await accounts.register(body, "token", repeat);
          set.status = 201;
          return user;
        },
        {
          body: Registration,
          detail: operation({
            tag,
            summary: "Create an account",
            open: true,
            status: 201,
            schema: "User",
            repeatable: true,
            errors: [400, 409, 413, 415, 422],
          }),
        },
      ),
    )
    .use(
      new Elysia({ name: "login-api" }).use(jsonOrFormBody).post(
        "/login",
        async ({ body, request }) => {
          const session = await accounts.signIn(body, "token", repeatable(request, "", body.username));
          return {
            accessToken: await sessions.sign(session),
            tokenType: "Bearer" as const,
            expiresIn: SESSION_SECONDS,
          };
        },
        {
          body: Credentials,
          detail: operation({
            tag,
            summary: "Get a token",
            description:
              "Send the token with each request as `Authorization: Bearer …`. It lasts until it expires or signs out.",
            open: true,
            form: true,
            repeatable: true,
            schema: "Token",
            errors: [400, 401, 403, 413, 415, 422],
          }),
        },
      ),
    );

/** What one can do once in. */
export const accountApi = (accounts: Accounts, sessions: Sessions) =>
  new Elysia({ name: "account-api", prefix: "/api" })
    .use(sessions.signedIn)
    .get("/me", ({ actor }) => actor.user, {
      detail: operation({ tag, summary: "Who the token belongs to", schema: "User", errors: [401] }),
    })
    .post(
      "/logout",
      async ({ actor, set }) => {
        await accounts.signOut(actor);
        set.status = 204;
      },
      {
        detail: operation({
          tag,
          summary: "End the session",
          description: "The token is refused from now on.",
          status: 204,
          errors: [401],
        }),
      },
    );

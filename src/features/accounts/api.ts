import { Elysia } from "elysia";
import { jsonBody, jsonOrFormBody } from "../../http/body.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import { operation } from "../../http/openapi.ts";
import type { Sessions } from "../../http/session.ts";
import { accountKey, Credentials, Registration } from "./model.ts";
import { type Accounts, SESSION_SECONDS } from "./service.ts";

const tag = "Accounts";

/** The routes that need no session. */
export const signInApi = (accounts: Accounts, sessions: Sessions) =>
  new Elysia({ name: "sign-in-api", prefix: "/api" })
    .use(
      new Elysia({ name: "register-api" }).use(jsonBody).post(
        "/register",
        async ({ body, request, set }) => {
          // Without the password: a fast hash of it must not be stored. The service compares it with the account's.
          const scope = `register ${accountKey(body.username)}`;
          const repeat = idempotencyKey(request, scope, [body.username, body.email]);
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
          const session = await accounts.signIn(body, "token", idempotencyKey(request, "", body.username));
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
              "Send the token with each request as `Authorization: Bearer …`. It is valid until it expires or you sign out.",
            open: true,
            form: true,
            repeatable: true,
            schema: "Token",
            errors: [400, 401, 403, 413, 415, 422],
          }),
        },
      ),
    );

/** The routes of the signed-in account. */
export const accountApi = (accounts: Accounts, sessions: Sessions) =>
  new Elysia({ name: "account-api", prefix: "/api" })
    .use(sessions.signedIn)
    .get("/me", ({ actor }) => actor.user, {
      detail: operation({ tag, summary: "Read your account", schema: "User", errors: [401] }),
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
          description: "The token is rejected from now on.",
          status: 204,
          errors: [401],
        }),
      },
    );

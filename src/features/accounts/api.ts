import { Elysia, t } from "elysia";
import { AppError } from "../../errors.ts";
import { jsonBody, jsonOrFormBody } from "../../http/body.ts";
import type { ClientOf } from "../../http/client.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import { operation } from "../../http/openapi.ts";
import type { Sessions } from "../../http/session.ts";
import { isId } from "../../validation/ids.ts";
import { AccountPatch, accountKey, Credentials, PasswordChange, Registration } from "./model.ts";
import type { Accounts } from "./service.ts";
import { MAX_SESSION_SECONDS } from "./sessions.ts";

const tag = "Accounts";

/** The routes that need no session. */
export const signInApi = (accounts: Accounts, sessions: Sessions, clientOf: ClientOf) =>
  new Elysia({ name: "sign-in-api", prefix: "/api" })
    .use(
      new Elysia({ name: "register-api" }).use(jsonBody).post(
        "/register",
        async ({ body, request, set }) => {
          // Without the password: a fast hash of it must not be stored. The service compares it with the account's.
          const scope = `register ${accountKey(body.username)}`;
          const repeat = idempotencyKey(request, scope, [body.username, body.email]);
          const user = await accounts.register(body, "token", { client: clientOf(request), repeat });
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
            errors: [400, 409, 413, 415, 422, 429],
          }),
        },
      ),
    )
    .use(
      new Elysia({ name: "login-api" }).use(jsonOrFormBody).post(
        "/login",
        async ({ body, request }) => {
          const session = await accounts.signIn(body, "token", {
            client: clientOf(request),
            repeat: idempotencyKey(request, "", body.username),
          });
          return {
            accessToken: await sessions.sign(session),
            tokenType: "Bearer" as const,
            expiresIn: MAX_SESSION_SECONDS,
          };
        },
        {
          body: Credentials,
          detail: operation({
            tag,
            summary: "Get a token",
            description:
              "Send the token with each request as `Authorization: Bearer …`. It is valid until the session ends: when you sign out, when you don't use it for 30 days, and after 180 days in any case. After ten wrong passwords, each further attempt has to wait longer: `Retry-After` says how many seconds.",
            open: true,
            form: true,
            repeatable: true,
            schema: "Token",
            errors: [400, 401, 403, 413, 415, 422, 429],
          }),
        },
      ),
    );

/** The routes of the signed-in account. */
export const accountApi = (accounts: Accounts, sessions: Sessions, clientOf: ClientOf) =>
  new Elysia({ name: "account-api", prefix: "/api" })
    .use(sessions.signedIn)
    .get("/me", ({ actor }) => actor.user, {
      detail: operation({ tag, summary: "Read your account", schema: "User", errors: [401] }),
    })
    .use(
      new Elysia({ name: "settings-api" })
        .use(sessions.signedIn)
        .use(jsonBody)
        .patch("/me", ({ actor, body }) => accounts.changeSettings(actor, body), {
          body: AccountPatch,
          detail: operation({
            tag,
            summary: "Change your settings",
            schema: "User",
            errors: [400, 401, 403, 413, 415, 422],
          }),
        }),
    )
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
    )
    .get("/sessions", async ({ actor }) => ({ items: await accounts.listSessions(actor) }), {
      detail: operation({
        tag,
        summary: "List your sessions",
        description: "The current one comes first, then the last used.",
        schema: "SessionList",
        errors: [401],
      }),
    })
    .delete(
      "/sessions",
      async ({ actor, set }) => {
        await accounts.endOtherSessions(actor);
        set.status = 204;
      },
      {
        detail: operation({
          tag,
          summary: "End all other sessions",
          description: "Their tokens are rejected from now on, and their live streams close.",
          status: 204,
          errors: [401],
        }),
      },
    )
    .delete(
      "/sessions/:id",
      async ({ actor, params, set }) => {
        if (!isId(params.id)) throw new AppError("notFound", "There is no such session.");
        await accounts.endSession(actor, params.id);
        set.status = 204;
      },
      {
        params: t.Object({ id: t.String({ description: "The id of the session." }) }),
        detail: operation({
          tag,
          summary: "End a session",
          description: "Its token is rejected from now on, and its live streams close.",
          status: 204,
          errors: [401, 404],
        }),
      },
    )
    .use(jsonBody)
    .post(
      "/password",
      async ({ actor, body, request, set }) => {
        await accounts.changePassword(actor, body, clientOf(request));
        set.status = 204;
      },
      {
        body: PasswordChange,
        detail: operation({
          tag,
          summary: "Change your password",
          description: "Ends all other sessions.",
          status: 204,
          errors: [400, 401, 413, 415, 422, 429],
        }),
      },
    );

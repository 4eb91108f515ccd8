import { jwt } from "@elysiajs/jwt";
import { Elysia } from "elysia";
import { Cache } from "../cache.ts";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import type { Actor } from "../features/accounts/model.ts";
import { type Accounts, SESSION_SECONDS, type Session } from "../features/accounts/service.ts";
import { siteCookie } from "./pages.ts";
import { isSecure } from "./request.ts";

const ISSUER = "taskflow";
const EXPECTED = { algorithms: ["HS256"], issuer: ISSUER, requiredClaims: ["sub", "jti", "iat", "exp"] };
/** With the `__Host-` prefix a browser refuses the cookie unless it is Secure, host-only and for the whole site. */
const COOKIE = { secure: "__Host-taskflow", plain: "taskflow" } as const;

export type Sessions = ReturnType<typeof createSessions>;

/** Who is asking: tokens, the cookie that carries one, and the guard in front of everything private. */
export function createSessions(
  secret: string,
  accounts: Accounts,
  config: Pick<Config, "trustProxy" | "jwtSecretPrevious">,
) {
  const signer = (key: string) => jwt({ secret: key, alg: "HS256", iss: ISSUER }).decorator.jwt;
  const tokens = signer(secret);
  const previous = config.jwtSecretPrevious === undefined ? undefined : signer(config.jwtSecretPrevious);

  const sign = ({ id, user, expiresAt }: Session) => tokens.sign({ sub: user.id, jti: id, exp: expiresAt });

  /** What a signature was found to say stays said: checking it costs more than all the rest of who is asking. */
  const verified = new Cache<{ sub: string; jti: string; exp: number }>(10_000);

  async function claimsOf(token: string) {
    const known = verified.get(token);
    if (known) return known.exp * 1000 > Date.now() ? known : undefined;
    const claims = (await tokens.verify(token, EXPECTED)) || (await previous?.verify(token, EXPECTED));
    if (!claims) return undefined;
    const { sub = "", jti = "", exp = 0 } = claims as { sub?: string; jti?: string; exp?: number };
    verified.set(token, { sub, jti, exp });
    return { sub, jti };
  }

  async function identify(request: Request): Promise<Actor | undefined> {
    const bearer = bearerToken(request);
    const token = bearer ?? new Bun.CookieMap(request.headers.get("cookie") ?? "").get(cookieName(request));
    if (!token) return undefined;
    const claims = await claimsOf(token);
    return claims ? accounts.identify(claims.sub, claims.jti, bearer === undefined ? "browser" : "token") : undefined;
  }

  const cookieName = (request: Request) => (isSecure(request, config) ? COOKIE.secure : COOKIE.plain);

  const cookie = (request: Request, value: string, maxAge: number) =>
    siteCookie(request, config, cookieName(request), value, maxAge);

  return {
    identify,
    sign,
    signInCookie: async (request: Request, session: Session) => cookie(request, await sign(session), SESSION_SECONDS),
    signOutCookie: (request: Request) => cookie(request, "", 0),

    /** Routes after this get the `actor`; without one they answer `unauthenticated` before they look at the input. */
    signedIn: new Elysia({ name: "signed-in" }).derive({ as: "scoped" }, async function requireActor({ request }) {
      const actor = await identify(request);
      if (!actor)
        throw new AppError("unauthenticated", "Sign in first: send a token from /api/login as Authorization: Bearer.");
      assertAccount(actor, request.headers.get("taskflow-account"));
      return { actor };
    }),
  };
}

/**
 * A page that is open says whose it is: another tab may have signed somebody else in since, whose cookie goes along.
 * @throws AppError `unauthenticated` when it is not the actor's
 */
export function assertAccount(actor: Actor, accountId: string | null | undefined) {
  if (accountId && accountId !== actor.user.id)
    throw new AppError("unauthenticated", "Somebody else is signed in here by now. Load the page anew.");
}

/** @returns "" for another scheme, so that a cookie does not stand in for it */
function bearerToken(request: Request): string | undefined {
  const header = request.headers.get("authorization");
  return header === null ? undefined : (/^Bearer +([\w.~+/=-]+) *$/i.exec(header)?.[1] ?? "");
}

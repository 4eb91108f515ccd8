import { jwt } from "@elysiajs/jwt";
import { Elysia } from "elysia";
import type { Actor, Channel } from "../actor.ts";
import { Cache } from "../cache.ts";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import type { Cookies } from "./cookies.ts";

const ISSUER = "taskflow";
const EXPECTED = { algorithms: ["HS256"], issuer: ISSUER, requiredClaims: ["sub", "jti", "iat", "exp"] };
const COOKIE = "taskflow";

/** A session that has just begun. */
export interface Session {
  readonly id: string;
  readonly user: Actor["user"];
  /** Seconds since 1970, as in a token. */
  readonly expiresAt: number;
}

/** Who makes a request, and the number of the newest change in their account at that moment. */
export interface Visitor {
  readonly actor: Actor;
  readonly newestChange: number;
}

/** Looks up a session; undefined when it has ended or its account is disabled. */
export type FindSession = (userId: string, sessionId: string, through: Channel) => Promise<Visitor | undefined>;

export type Sessions = ReturnType<typeof createSessions>;

/** Returns what identifies a request: tokens, the cookie that carries one, and the guard for private routes. */
export function createSessions(
  secret: string,
  findSession: FindSession,
  cookies: Cookies,
  config: Pick<Config, "jwtSecretPrevious">,
) {
  const signer = (key: string) => jwt({ secret: key, alg: "HS256", iss: ISSUER }).decorator.jwt;
  const tokens = signer(secret);
  const previous = config.jwtSecretPrevious === undefined ? undefined : signer(config.jwtSecretPrevious);

  const sign = ({ id, user, expiresAt }: Session) => tokens.sign({ sub: user.id, jti: id, exp: expiresAt });

  /** Verified tokens: checking a signature costs more than the rest of identifying a request. */
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

  async function identify(request: Request): Promise<Visitor | undefined> {
    const bearer = bearerToken(request);
    const token = bearer ?? cookies.read(request, COOKIE);
    if (!token) return undefined;
    const claims = await claimsOf(token);
    return claims && findSession(claims.sub, claims.jti, bearer === undefined ? "browser" : "token");
  }

  const cookie = (request: Request, value: string, maxAge: number) => cookies.write(request, COOKIE, value, maxAge);

  return {
    identify,
    sign,
    signInCookie: async (request: Request, session: Session) =>
      cookie(request, await sign(session), session.expiresAt - Math.floor(Date.now() / 1000)),
    signOutCookie: (request: Request) => cookie(request, "", 0),

    /** Gives the routes after it `actor` and `newestChange`. Without a session they respond 401 before reading the input. */
    signedIn: new Elysia({ name: "signed-in" }).derive({ as: "scoped" }, async function requireActor({ request }) {
      const visitor = await identify(request);
      if (!visitor)
        throw new AppError("unauthenticated", "Sign in first: send a token from /api/login as Authorization: Bearer.");
      const { actor, newestChange } = visitor;
      assertAccount(actor, request.headers.get("taskflow-account"));
      return { actor, newestChange };
    }),
  };
}

/**
 * Rejects a request of an open page after another tab has signed in as another account: the cookie is that one's.
 * @throws AppError `unauthenticated`
 */
export function assertAccount(actor: Actor, accountId: string | null | undefined): void {
  if (accountId && accountId !== actor.user.id)
    throw new AppError("unauthenticated", "Another account is now signed in. Reload the page.");
}

/** Returns "" for any scheme but Bearer, so that a cookie does not replace the header. */
function bearerToken(request: Request): string | undefined {
  const header = request.headers.get("authorization");
  return header === null ? undefined : (/^Bearer +([\w.~+/=-]+) *$/i.exec(header)?.[1] ?? "");
}

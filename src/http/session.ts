import { jwt } from "@elysiajs/jwt";
import { Elysia } from "elysia";
import type { Actor, Channel } from "../actor.ts";
import { Cache } from "../cache.ts";
import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { browserTimeZone } from "./calendar.ts";
import type { Client, ClientOf } from "./client.ts";
import type { Cookies } from "./cookies.ts";

/** The issuers of the two kinds of tokens, so that neither is accepted in place of the other. */
const ISSUER = "taskflow";
const DEVICE_ISSUER = "taskflow-device";
const EXPECTED = { algorithms: ["HS256"], requiredClaims: ["sub", "jti", "iat", "exp"] };
const COOKIE = "taskflow";
const DEVICE_COOKIE = "taskflow-device";
const DEVICE_SECONDS = 365 * 24 * 60 * 60;
/** A session in use is renewed this often. */
const RENEWAL_MS = 60 * 60 * 1000;

/** A session that has just begun. */
export interface Session {
  readonly id: string;
  readonly user: Actor["user"];
  /** When it ends at the latest. Seconds since 1970, as in a token. */
  readonly expiresAt: number;
}

/** A session that was looked up. */
export interface FoundSession {
  readonly actor: Actor;
  /** When it was last renewed, in milliseconds. */
  readonly renewedAt: number;
}

/** A browser in which an account has signed in before. */
export interface KnownDevice {
  readonly id: string;
  readonly userId: string;
}

export interface SessionStore {
  /** Returns undefined when the session has ended or its account is disabled. */
  findSession(userId: string, sessionId: string, through: Channel): Promise<FoundSession | undefined>;
  /** Extends a session that is in use. */
  renewSession(actor: Actor, client: Client): Promise<void>;
}

export type Sessions = ReturnType<typeof createSessions>;

/** Returns what identifies a request: tokens, the cookie that carries one, and the guard for private routes. */
export function createSessions(
  secret: string,
  store: SessionStore,
  cookies: Cookies,
  clientOf: ClientOf,
  config: Pick<Config, "jwtSecretPrevious">,
) {
  const secrets = [secret, config.jwtSecretPrevious].filter((key) => key !== undefined);
  const tokens = createTokens(secrets, ISSUER);
  const deviceTokens = createTokens(secrets, DEVICE_ISSUER);

  const sign = ({ id, user, expiresAt }: Session) => tokens.sign({ sub: user.id, jti: id, exp: expiresAt });

  /** Verified tokens: checking a signature costs more than the rest of identifying a request. */
  const verified = new Cache<Claims>(10_000);

  async function claimsOf(token: string) {
    const known = verified.get(token);
    if (known) return known.exp * 1000 > Date.now() ? known : undefined;
    const claims = await tokens.verify(token);
    if (claims) verified.set(token, claims);
    return claims;
  }

  async function identify(request: Request): Promise<FoundSession | undefined> {
    const bearer = bearerToken(request);
    const token = bearer ?? cookies.read(request, COOKIE);
    if (!token) return undefined;
    const claims = await claimsOf(token);
    const visitor =
      claims && (await store.findSession(claims.sub, claims.jti, bearer === undefined ? "browser" : "token"));
    // Not awaited: a request that reads must not wait for a write, or fail with it. The next one tries again.
    if (visitor && Date.now() - visitor.renewedAt > RENEWAL_MS)
      store.renewSession(visitor.actor, clientOf(request)).catch(() => {});
    return visitor;
  }

  async function knownDevice(request: Request): Promise<KnownDevice | undefined> {
    const claims = await deviceTokens.verify(cookies.read(request, DEVICE_COOKIE) ?? "");
    return claims && { id: claims.jti, userId: claims.sub };
  }

  return {
    identify,
    sign,
    knownDevice,

    /** Returns the cookies of a browser that has signed in: its session, and that it is known to the account. */
    async signInCookies(request: Request, session: Session): Promise<string[]> {
      const now = Math.floor(Date.now() / 1000);
      const known = await knownDevice(request);
      const device = await deviceTokens.sign({
        sub: session.user.id,
        jti: known?.userId === session.user.id ? known.id : Bun.randomUUIDv7(),
        exp: now + DEVICE_SECONDS,
      });
      return [
        cookies.write(request, COOKIE, await sign(session), session.expiresAt - now),
        cookies.write(request, DEVICE_COOKIE, device, DEVICE_SECONDS),
      ];
    },

    signOutCookie: (request: Request) => cookies.write(request, COOKIE, "", 0),

    /** Gives the routes after it `actor`. Without a session they respond 401 before reading the input. */
    signedIn: new Elysia({ name: "signed-in" }).derive({ as: "scoped" }, async function requireActor({ request }) {
      const visitor = await identify(request);
      if (!visitor)
        throw new AppError("unauthenticated", "Sign in first: send a token from /api/login as Authorization: Bearer.");
      const { actor } = visitor;
      assertAccount(actor, request.headers.get("taskflow-account"));
      const timeZone = actor.user.timeZone ?? browserTimeZone(request, cookies);
      return { actor: { ...actor, timeZone } };
    }),
  };
}

interface Claims {
  readonly sub: string;
  readonly jti: string;
  readonly exp: number;
}

/** @param secrets the first one signs; tokens that the others signed are valid, too */
function createTokens(secrets: readonly string[], issuer: string) {
  const signers = secrets.map((secret) => jwt({ secret, alg: "HS256", iss: issuer }).decorator.jwt);
  return {
    sign: async (claims: Claims): Promise<string> => (await signers[0]?.sign({ ...claims })) ?? "",
    async verify(token: string): Promise<Claims | undefined> {
      for (const signer of signers) {
        const claims = await signer.verify(token, { ...EXPECTED, issuer });
        if (claims) return claims as unknown as Claims;
      }
      return undefined;
    },
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

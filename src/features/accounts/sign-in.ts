import { eq, or } from "drizzle-orm";
import type { Channel } from "../../actor.ts";
import type { Database } from "../../db/database.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import type { Limit, RateLimits } from "../../db/rate-limits.ts";
import { AppError } from "../../errors.ts";
import type { Client } from "../../http/client.ts";
import type { KnownDevice, Session } from "../../http/session.ts";
import { countEvent } from "../../observe.ts";
import { assertHashingCapacity, verifyPassword } from "./hashing.ts";
import { accountKey, type Credentials, toUser } from "./model.ts";
import type { SessionStore } from "./sessions.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Limits wrong passwords for one account from one place: ten, then one after 5, 10, 20 … seconds, up to 15 minutes. */
export const passwordLimit = (key: readonly string[]): Limit => ({
  key,
  free: 10,
  ...{ delayMs: 5 * SECOND_MS, maxDelayMs: 15 * MINUTE_MS, windowMs: 24 * HOUR_MS },
});

/** Limits wrong passwords for any accounts from one network, where many people may be. */
const networkLimit = (network: string): Limit => ({
  key: ["sign-in", network],
  free: 50,
  ...{ delayMs: 5 * SECOND_MS, maxDelayMs: MINUTE_MS, windowMs: HOUR_MS },
});

export const TOO_MANY_PASSWORDS = "Too many wrong passwords.";

interface SignInOptions {
  readonly client: Client;
  /** The browser, if an account has signed in there before. */
  readonly device?: KnownDevice | undefined;
  readonly repeat?: Repeatable | undefined;
}

/** The rules of signing in with a password. */
export function createSignIn(
  db: Database,
  { begin }: Pick<SessionStore, "begin">,
  { once }: Pick<Idempotency, "once">,
  rateLimits: RateLimits,
) {
  const { users } = db.schema;

  return {
    /**
     * Creates a session. An unknown name and a wrong password get the same response after the same work.
     *
     * One person can't lock out another: wrong passwords delay only the network that they come from, and never a browser
     * in which this account has signed in before, which is limited on its own (OWASP, "Device Cookies").
     * @throws AppError `unauthenticated`; `forbidden` for the right password of a disabled account; `tooManyRequests`
     * after too many wrong passwords
     */
    async signIn(credentials: Credentials, through: Channel, options: SignInOptions): Promise<Session> {
      try {
        const session = await signIn(credentials, through, options);
        countEvent("signIn", "success");
        return session;
      } catch (error) {
        const { code } = error as Partial<AppError>;
        if (code === "tooManyRequests") countEvent("signIn", "limited");
        if (code === "unauthenticated" || code === "forbidden") countEvent("signIn", "failure");
        throw error;
      }
    },
  };

  async function signIn(
    { username, password }: Credentials,
    through: Channel,
    { client, device, repeat }: SignInOptions,
  ): Promise<Session> {
    const key = accountKey(username);
    // Only emails contain an @, so at most one of the two columns matches.
    const [found] = await db.read
      .select()
      .from(users)
      .where(or(eq(users.usernameKey, key), eq(users.emailKey, key)));
    const isKnown = found !== undefined && device?.userId === found.id;
    const own = passwordLimit(isKnown ? ["device", device.id] : ["sign-in", client.network, key]);
    const shared = isKnown ? [] : [networkLimit(client.network)];
    assertHashingCapacity();
    await rateLimits.take(client.network, [own, ...shared], TOO_MANY_PASSWORDS);
    const matches = await verifyPassword(password, found?.passwordHash);
    if (!found || !matches) throw wrongCredentials();
    if (found.disabledAt) throw new AppError("forbidden", "This account is disabled. Ask your administrator.");

    return db.write(async (tx) => {
      // The password may have changed while this one was checked, and that ended all sessions.
      const [current] = await tx.select().from(users).where(eq(users.id, found.id));
      if (current?.passwordHash !== found.passwordHash) throw wrongCredentials();
      await rateLimits.reset(tx, own);
      for (const limit of shared) await rateLimits.giveBack(tx, limit);
      return once(tx, repeat && { ...repeat, scope: found.id }, () => begin(tx, toUser(found), through, client));
    }, found.id);
  }
}

const wrongCredentials = () => new AppError("unauthenticated", "Wrong username, email or password.");

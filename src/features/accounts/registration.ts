import { eq, or } from "drizzle-orm";
import type { Channel } from "../../actor.ts";
import type { Config } from "../../config.ts";
import type { Database, Reader } from "../../db/database.ts";
import { type Idempotency, keyReused, type Repeatable } from "../../db/idempotency.ts";
import type { Limit, RateLimits } from "../../db/rate-limits.ts";
import { AppError, type Issue } from "../../errors.ts";
import type { Client } from "../../http/client.ts";
import { DEFAULT_STYLE } from "../../text/dates.ts";
import type { Projects } from "../projects/service.ts";
import { hashPassword, verifyPassword } from "./hashing.ts";
import type { RecordEvent } from "./history.ts";
import { accountKey, type Registration, toUser, type User } from "./model.ts";
import { assertStrong } from "./passwords.ts";

const HOUR_MS = 60 * 60 * 1000;

interface RegistrationOptions {
  /** Undefined for the operator, to whom no limit applies. */
  client?: Client;
  /** Makes a repeated request with the same password get the first result. */
  repeat?: Repeatable | undefined;
}

/** The rules of creating an account. */
export function createRegistration(
  db: Database,
  record: RecordEvent,
  { createInbox }: Pick<Projects, "createInbox">,
  { once }: Pick<Idempotency, "once">,
  rateLimits: RateLimits,
  { signUpsPerHour }: Config["limits"],
) {
  const { users } = db.schema;

  /** @throws AppError `conflict` that names each taken field */
  async function assertFree(reader: Reader, registration: Registration) {
    const usernameKey = accountKey(registration.username);
    const emailKey = accountKey(registration.email);
    const rows = await reader
      .select({ usernameKey: users.usernameKey, emailKey: users.emailKey })
      .from(users)
      .where(or(eq(users.usernameKey, usernameKey), eq(users.emailKey, emailKey)));
    const issues: Issue[] = [];
    if (rows.some((row) => row.usernameKey === usernameKey))
      issues.push({ path: "/username", rule: "unique", message: "This username is taken. Choose another." });
    if (rows.some((row) => row.emailKey === emailKey))
      issues.push({
        path: "/email",
        rule: "unique",
        message: "There is already an account with this email. Sign in instead?",
      });
    if (issues.length > 0) throw new AppError("conflict", issues[0]?.message ?? "", issues);
  }

  /** Counts attempts rather than accounts, so that trying which names are taken is limited, too. */
  const limitOf = ({ network }: Client): Limit => ({
    key: ["register", network],
    free: signUpsPerHour,
    ...{ delayMs: HOUR_MS, maxDelayMs: HOUR_MS, windowMs: HOUR_MS },
  });

  return {
    /**
     * Creates an account.
     * @throws AppError `invalid` for a weak password, and for a key that was used with another one; `conflict` for a
     * name that is taken; `tooManyRequests`
     */
    async register(
      registration: Registration,
      through: Channel,
      { client, repeat }: RegistrationOptions = {},
    ): Promise<User> {
      const { username, email, password } = registration;
      await assertStrong(password, [username, email]);
      if (client && signUpsPerHour > 0)
        await rateLimits.take(client.network, [limitOf(client)], "Too many sign-ups from your network.");
      if (!repeat) await assertFree(db.read, registration); // before the slow hashing
      const passwordHash = await hashPassword(password);
      const createdAt = new Date();
      const id = Bun.randomUUIDv7();
      // Sign-ups with one name wait for each other; the unique indexes reject the same email.
      const scopes = [id, `register ${accountKey(username)}`];
      const { registered, repeated } = await db.write(
        async (tx) => {
          let repeated = true;
          const registered = await once(tx, repeat, async () => {
            repeated = false;
            await assertFree(tx, registration);
            const user = {
              id,
              username: username.trim(),
              email: email.trim(),
              createdAt,
              timeZone: null,
              ...DEFAULT_STYLE,
              startPage: "list" as const,
            };
            await tx.insert(users).values({
              ...user,
              usernameKey: accountKey(username),
              emailKey: accountKey(email),
              passwordHash,
              updatedAt: createdAt,
            });
            await createInbox(tx, user.id, createdAt);
            await record(tx, user.id, user.id, through, "register");
            return toUser(user);
          });
          return { registered, repeated };
        },
        ...scopes,
      );
      // A repeated request with another password must not look as if that one were valid.
      if (repeated) {
        const [known] = await db.read.select().from(users).where(eq(users.id, registered.id));
        if (!(await verifyPassword(password, known?.passwordHash))) throw keyReused();
      }
      return registered;
    },
  };
}

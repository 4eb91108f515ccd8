import { and, eq, lt, or, sql } from "drizzle-orm";
import { Cache } from "../../cache.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import { deleteInBatches } from "../../db/delete-in-batches.ts";
import { type Idempotency, keyReused, type Repeatable } from "../../db/idempotency.ts";
import { AppError, type Issue } from "../../errors.ts";
import { invalid } from "../../validation/index.ts";
import type { Channel, Verb } from "../changes/model.ts";
import type { Changes } from "../changes/service.ts";
import { type Actor, accountKey, type Credentials, type Registration, type User } from "./model.ts";
import { hashPassword, isCommonPassword, verifyPassword } from "./passwords.ts";

const SESSION_DAYS = 30;
export const SESSION_SECONDS = SESSION_DAYS * 24 * 60 * 60;

/** A session that has just begun. */
export interface Session {
  readonly id: string;
  readonly user: User;
  /** Seconds since 1970, as tokens say it. */
  readonly expiresAt: number;
}

export type Accounts = ReturnType<typeof createAccounts>;

/** Who a session belongs to, unless the account is disabled; `expiresAt` in milliseconds. */
interface Found extends Pick<Actor, "user" | "newestChange"> {
  readonly expiresAt: number;
}

/** The rules of accounts: who may exist, who is who, who is in. */
export function createAccounts(db: Database, changes: Changes, { once }: Pick<Idempotency, "once">) {
  const { users, sessions, changes: log } = db.schema;

  const findActor = db.read
    .select({
      id: users.id,
      username: users.username,
      email: users.email,
      createdAt: users.createdAt,
      disabledAt: users.disabledAt,
      expiresAt: sessions.expiresAt,
      // Asked along, as the two together cost less than one after the other.
      newestChange: sql<number>`(select max(${log.id}) from ${log} where ${log.accountId} = ${users.id})`.mapWith(
        Number,
      ),
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, sql.placeholder("sessionId")), eq(sessions.userId, sql.placeholder("userId"))))
    .prepare();

  /** Who was found, with the state of the database that they were found in. */
  const seen = new Cache<{ stamp: number | undefined; found: Found | undefined }>(10_000);

  async function takenNames(reader: Reader, registration: Registration): Promise<Issue[]> {
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
    return issues;
  }

  /** @throws AppError `conflict` that names each taken field */
  async function assertFree(reader: Reader, registration: Registration) {
    const issues = await takenNames(reader, registration);
    if (issues.length > 0) throw new AppError("conflict", issues[0]?.message ?? "", issues);
  }

  /** @throws AppError `invalid` for a password that many use, or that is one of the account's own names */
  async function assertStrong(password: string, names: string[]) {
    if (!names.map(accountKey).includes(accountKey(password)) && !(await isCommonPassword(password))) return;
    throw invalid([
      {
        path: "/password",
        rule: "common",
        message: "This password is too easy to guess. Choose one that few others would: several words work well.",
      },
    ]);
  }

  const record = (tx: Writer, accountId: string, actorId: string | null, through: Channel, verb: Verb) =>
    changes.record(tx, { accountId, actorId, through }, [
      { entity: "account", entityId: accountId, verb, before: null, after: null },
    ]);

  return {
    /**
     * Creates an account.
     * @param repeat makes a repeated request give the first answer, to who knows the password
     * @throws AppError `invalid` for a password that many use or that is the name itself, and for a key that came with
     * another one; `conflict` for a taken name
     */
    async register(registration: Registration, through: Channel, repeat?: Repeatable): Promise<User> {
      const { username, email, password } = registration;
      await assertStrong(password, [username, email]);
      if (!repeat) await assertFree(db.read, registration); // before the slow hashing, for a quick answer
      const passwordHash = await hashPassword(password);
      const createdAt = new Date();
      const { registered, repeated } = await db.write(async (tx) => {
        let repeated = true;
        const registered = await once(tx, repeat, async () => {
          repeated = false;
          await assertFree(tx, registration);
          const user = { id: Bun.randomUUIDv7(), username: username.trim(), email: email.trim(), createdAt };
          await tx.insert(users).values({
            ...user,
            usernameKey: accountKey(username),
            emailKey: accountKey(email),
            passwordHash,
            updatedAt: createdAt,
          });
          await record(tx, user.id, user.id, through, "register");
          return toUser(user);
        });
        return { registered, repeated };
      });
      // Whoever repeats it with another password would think that this one holds.
      if (repeated) {
        const [known] = await db.read.select().from(users).where(eq(users.id, registered.id));
        if (!(await verifyPassword(password, known?.passwordHash))) throw keyReused();
      }
      return registered;
    },

    /**
     * Begins a session. An unknown name and a wrong password get the same answer after the same work.
     * @throws AppError `unauthenticated`; `forbidden` to who knows the password of a disabled account
     */
    async signIn({ username, password }: Credentials, through: Channel, repeat?: Repeatable): Promise<Session> {
      const key = accountKey(username);
      // A username can't hold an @ and an email must, so one of the two columns at the most can match.
      const [found] = await db.read
        .select()
        .from(users)
        .where(or(eq(users.usernameKey, key), eq(users.emailKey, key)));
      const known = await verifyPassword(password, found?.passwordHash);
      if (!found || !known) throw new AppError("unauthenticated", "The username or the password is wrong.");
      if (found.disabledAt)
        throw new AppError("forbidden", "This account is disabled. Ask whoever runs this TaskFlow.");

      return db.write(
        (tx) =>
          once(tx, repeat && { ...repeat, scope: found.id }, async () => {
            const createdAt = new Date();
            const expiresAt = Math.floor(createdAt.getTime() / 1000) + SESSION_SECONDS;
            const id = Bun.randomUUIDv7();
            await tx.delete(sessions).where(and(eq(sessions.userId, found.id), lt(sessions.expiresAt, createdAt)));
            await tx
              .insert(sessions)
              .values({ id, userId: found.id, createdAt, expiresAt: new Date(expiresAt * 1000) });
            await record(tx, found.id, found.id, through, "signIn");
            return { id, user: toUser(found), expiresAt };
          }),
        found.id,
      );
    },

    /** @returns whose session this is, or undefined when it has ended or the account is disabled */
    async identify(userId: string, sessionId: string, through: Channel): Promise<Actor | undefined> {
      const stamp = db.stamp();
      const key = `${userId} ${sessionId}`;
      let known = stamp === undefined ? undefined : seen.get(key);
      if (!known || known.stamp !== stamp) {
        const [row] = await findActor.execute({ userId, sessionId });
        const found = row &&
          !row.disabledAt && {
            user: toUser(row),
            expiresAt: row.expiresAt.getTime(),
            newestChange: row.newestChange ?? 0,
          };
        known = { stamp, found: found || undefined };
        if (stamp !== undefined) seen.set(key, known);
      }
      const { found } = known;
      if (!found || found.expiresAt <= Date.now()) return undefined;
      const { user, newestChange } = found;
      return { user, sessionId, through, newestChange };
    },

    /** Ends the session: its token is worth nothing from now on. */
    async signOut(actor: Actor): Promise<void> {
      await db.write(async (tx) => {
        await tx.delete(sessions).where(eq(sessions.id, actor.sessionId));
        await record(tx, actor.user.id, actor.user.id, actor.through, "signOut");
      }, actor.user.id);
    },

    /**
     * Locks an account out at once, or lets it in again. Its tasks stay.
     * @throws AppError `notFound`
     */
    async setDisabled(username: string, disabled: boolean): Promise<void> {
      const now = new Date();
      await db.write(async (tx) => {
        const [user] = await tx
          .update(users)
          .set({ disabledAt: disabled ? now : null, updatedAt: now })
          .where(eq(users.usernameKey, accountKey(username)))
          .returning({ id: users.id });
        if (!user) throw new AppError("notFound", `There is no user “${username}”.`);
        await record(tx, user.id, null, "commandLine", disabled ? "disable" : "enable");
      });
    },

    /** @returns every account, the oldest first */
    async listUsers(): Promise<(User & { disabled: boolean })[]> {
      const rows = await db.read.select().from(users).orderBy(users.createdAt, users.id);
      return rows.map((row) => ({ ...toUser(row), disabled: row.disabledAt !== null }));
    },

    /**
     * Gives an account another password and ends all its sessions.
     * @throws AppError `notFound`; `invalid` for a password that is easy to guess
     */
    async resetPassword(username: string, password: string): Promise<void> {
      const usernameKey = accountKey(username);
      await assertStrong(password, [username]);
      const passwordHash = await hashPassword(password);
      await db.write(async (tx) => {
        const [user] = await tx
          .update(users)
          .set({ passwordHash, updatedAt: new Date() })
          .where(eq(users.usernameKey, usernameKey))
          .returning({ id: users.id });
        if (!user) throw new AppError("notFound", `There is no user “${username}”.`);
        await tx.delete(sessions).where(eq(sessions.userId, user.id));
        await record(tx, user.id, null, "commandLine", "resetPassword");
      });
    },

    /** Forgets the sessions that have run out. */
    async forgetExpired(): Promise<void> {
      await deleteInBatches(db, sessions, [sessions.id], lt(sessions.expiresAt, new Date()));
    },
  };
}

function toUser(row: { id: string; username: string; email: string; createdAt: Date }): User {
  return { id: row.id, username: row.username, email: row.email, createdAt: row.createdAt.toISOString() };
}

import { and, eq, inArray, lt, or, sql } from "drizzle-orm";
import type { Actor, Channel } from "../../actor.ts";
import { Cache } from "../../cache.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import { deleteInBatches } from "../../db/delete-in-batches.ts";
import { type Idempotency, keyReused, type Repeatable } from "../../db/idempotency.ts";
import { AppError, type Issue } from "../../errors.ts";
import type { Session, Visitor } from "../../http/session.ts";
import { invalid } from "../../validation/check.ts";
import type { Verb } from "../changes/model.ts";
import type { Changes } from "../changes/service.ts";
import { accountKey, type Credentials, type Registration, type User } from "./model.ts";
import { hashPassword, isCommonPassword, verifyPassword } from "./passwords.ts";

const SESSION_DAYS = 30;
export const SESSION_SECONDS = SESSION_DAYS * 24 * 60 * 60;

export type Accounts = ReturnType<typeof createAccounts>;

/** The rules of accounts and their sessions. */
export function createAccounts(db: Database, changes: Changes, { once }: Pick<Idempotency, "once">) {
  const { users, sessions, changes: log, idempotencyKeys } = db.schema;

  const findActor = db.read
    .select({
      id: users.id,
      username: users.username,
      email: users.email,
      createdAt: users.createdAt,
      disabledAt: users.disabledAt,
      expiresAt: sessions.expiresAt,
      // In the same query: two would cost more.
      newestChange: sql<number>`(select max(${log.id}) from ${log} where ${log.accountId} = ${users.id})`.mapWith(
        Number,
      ),
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, sql.placeholder("sessionId")), eq(sessions.userId, sql.placeholder("userId"))))
    .prepare();

  /** Sessions that were looked up, with the state of the database at that time. `expiresAt` in milliseconds. */
  const seen = new Cache<{
    version: number;
    found: (Omit<Visitor, "actor"> & { user: User; expiresAt: number }) | undefined;
  }>(10_000);

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

  /** @throws AppError `invalid` for a common password, or one that is a name of the account */
  async function assertStrong(password: string, names: string[]) {
    if (!names.map(accountKey).includes(accountKey(password)) && !(await isCommonPassword(password))) return;
    throw invalid([
      {
        path: "/password",
        rule: "common",
        message: "This password is too easy to guess. Several words work well.",
      },
    ]);
  }

  async function lookUp(userId: string, sessionId: string) {
    const [row] = await findActor.execute({ userId, sessionId });
    if (!row || row.disabledAt) return undefined;
    return { user: toUser(row), expiresAt: row.expiresAt.getTime(), newestChange: row.newestChange ?? 0 };
  }

  const record = (tx: Writer, accountId: string, actorId: string | null, through: Channel, verb: Verb) =>
    changes.record(tx, { accountId, actorId, through }, [
      { entity: "account", entityId: accountId, verb, before: null, after: null },
    ]);

  return {
    /**
     * Creates an account.
     * @param repeat makes a repeated request with the same password get the first result
     * @throws AppError `invalid` for a weak password, and for a key that was used with another one; `conflict` for a
     * name that is taken
     */
    async register(registration: Registration, through: Channel, repeat?: Repeatable): Promise<User> {
      const { username, email, password } = registration;
      await assertStrong(password, [username, email]);
      if (!repeat) await assertFree(db.read, registration); // before the slow hashing
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
      // A repeated request with another password must not look as if that one were valid.
      if (repeated) {
        const [known] = await db.read.select().from(users).where(eq(users.id, registered.id));
        if (!(await verifyPassword(password, known?.passwordHash))) throw keyReused();
      }
      return registered;
    },

    /**
     * Creates a session. An unknown name and a wrong password get the same response after the same work.
     * @throws AppError `unauthenticated`; `forbidden` for the right password of a disabled account
     */
    async signIn({ username, password }: Credentials, through: Channel, repeat?: Repeatable): Promise<Session> {
      const key = accountKey(username);
      // Only emails contain an @, so at most one of the two columns matches.
      const [found] = await db.read
        .select()
        .from(users)
        .where(or(eq(users.usernameKey, key), eq(users.emailKey, key)));
      const known = await verifyPassword(password, found?.passwordHash);
      if (!found || !known) throw new AppError("unauthenticated", "Wrong username, email or password.");
      if (found.disabledAt) throw new AppError("forbidden", "This account is disabled. Ask your administrator.");

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

    /** Returns whose session this is, or undefined if it has ended or the account is disabled. */
    async findSession(userId: string, sessionId: string, through: Channel): Promise<Visitor | undefined> {
      const version = db.dataVersion();
      const key = `${userId} ${sessionId}`;
      const known = version === undefined ? undefined : seen.get(key);
      const found = known?.version === version && known !== undefined ? known.found : await lookUp(userId, sessionId);
      if (version !== undefined && known?.version !== version) seen.set(key, { version, found });
      if (!found || found.expiresAt <= Date.now()) return undefined;
      return { actor: { user: found.user, sessionId, through }, newestChange: found.newestChange };
    },

    /** Returns whether the actor's session still exists. */
    async isActive({ user, sessionId, through }: Actor): Promise<boolean> {
      return (await this.findSession(user.id, sessionId, through)) !== undefined;
    },

    /** Ends the session. Its token is rejected from now on. */
    async signOut(actor: Actor): Promise<void> {
      await db.write(async (tx) => {
        await tx.delete(sessions).where(eq(sessions.id, actor.sessionId));
        await record(tx, actor.user.id, actor.user.id, actor.through, "signOut");
      }, actor.user.id);
    },

    /**
     * Disables an account at once, or enables it again. Its tasks stay.
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

    /** Returns every account, the oldest first. */
    async listUsers(): Promise<(User & { disabled: boolean })[]> {
      const rows = await db.read.select().from(users).orderBy(users.createdAt, users.id);
      return rows.map((row) => ({ ...toUser(row), disabled: row.disabledAt !== null }));
    },

    /**
     * Sets a new password and ends all sessions of the account.
     * @throws AppError `notFound`; `invalid` for a weak password
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

    /**
     * Deletes an account with everything it owns: sessions, tasks, changes and idempotency keys.
     * @throws AppError `notFound`
     */
    async remove(username: string): Promise<void> {
      await db.write(async (tx) => {
        // The other tables follow by their foreign keys.
        const [user] = await tx
          .delete(users)
          .where(eq(users.usernameKey, accountKey(username)))
          .returning({ id: users.id });
        if (!user) throw new AppError("notFound", `There is no user “${username}”.`);
        const scopes = [user.id, `register ${accountKey(username)}`];
        await tx.delete(idempotencyKeys).where(inArray(idempotencyKeys.scope, scopes));
      });
    },

    /** Deletes expired sessions. */
    async deleteExpiredSessions(): Promise<void> {
      await deleteInBatches(db, sessions, [sessions.id], lt(sessions.expiresAt, new Date()));
    },
  };
}

function toUser(row: { id: string; username: string; email: string; createdAt: Date }): User {
  return { id: row.id, username: row.username, email: row.email, createdAt: row.createdAt.toISOString() };
}

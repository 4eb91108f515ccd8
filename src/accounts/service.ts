import { and, eq, lt, or, sql } from "drizzle-orm";
import type { Database, Reader } from "../db/database.ts";
import { AppError, type Issue } from "../errors.ts";
import { invalid } from "../shapes.ts";
import { type Actor, accountKey, type Credentials, type Registration, type User } from "./model.ts";
import { hashPassword, isCommonPassword, verifyPassword } from "./passwords.ts";

const SESSION_DAYS = 30;
export const SESSION_SECONDS = SESSION_DAYS * 24 * 60 * 60;

/** A session that has just begun. `expiresAt` is what the token and the cookie carry. */
export interface Session {
  readonly id: string;
  readonly user: User;
  readonly expiresAt: Date;
}

export type Accounts = ReturnType<typeof createAccounts>;

/** The rules of accounts: who may exist, who is who, who is in. */
export function createAccounts(db: Database) {
  const { users, sessions } = db.schema;

  const findActor = db.read
    .select({
      id: users.id,
      username: users.username,
      email: users.email,
      createdAt: users.createdAt,
      disabledAt: users.disabledAt,
      expiresAt: sessions.expiresAt,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, sql.placeholder("sessionId")), eq(sessions.userId, sql.placeholder("userId"))))
    .prepare();

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

  return {
    /**
     * Creates an account.
     * @throws AppError `invalid` for a password that many use or that is the name itself; `conflict` for a taken name
     */
    async register(registration: Registration): Promise<User> {
      const { username, email, password } = registration;
      const key = accountKey(password);
      if (key === accountKey(username) || key === accountKey(email) || (await isCommonPassword(password))) {
        throw invalid([
          {
            path: "/password",
            rule: "common",
            message: "This password is too easy to guess. Choose one that few others would: several words work well.",
          },
        ]);
      }
      await assertFree(db.read, registration); // before the slow hashing, for a quick answer
      const passwordHash = await hashPassword(password);
      const createdAt = new Date();
      return db.write(async (tx) => {
        await assertFree(tx, registration);
        const user = { id: Bun.randomUUIDv7(), username: username.trim(), email: email.trim(), createdAt };
        await tx.insert(users).values({
          ...user,
          usernameKey: accountKey(username),
          emailKey: accountKey(email),
          passwordHash,
          updatedAt: createdAt,
        });
        return toUser(user);
      });
    },

    /**
     * Begins a session. An unknown name and a wrong password get the same answer after the same work.
     * @throws AppError `unauthenticated`; `forbidden` to who knows the password of a disabled account
     */
    async signIn({ username, password }: Credentials): Promise<Session> {
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

      const createdAt = new Date();
      const session = {
        id: Bun.randomUUIDv7(),
        userId: found.id,
        createdAt,
        expiresAt: new Date(createdAt.getTime() + SESSION_SECONDS * 1000),
      };
      await db.write(async (tx) => {
        await tx.delete(sessions).where(and(eq(sessions.userId, found.id), lt(sessions.expiresAt, createdAt)));
        await tx.insert(sessions).values(session);
      });
      return { id: session.id, user: toUser(found), expiresAt: session.expiresAt };
    },

    /** @returns whose session this is, or undefined when it has ended or the account is disabled */
    async identify(userId: string, sessionId: string): Promise<Actor | undefined> {
      const [row] = await findActor.execute({ userId, sessionId });
      return row && !row.disabledAt && row.expiresAt.getTime() > Date.now()
        ? { user: toUser(row), sessionId }
        : undefined;
    },

    /** Ends the session: its token is worth nothing from now on. */
    async signOut(actor: Actor): Promise<void> {
      await db.write(async (tx) => void (await tx.delete(sessions).where(eq(sessions.id, actor.sessionId))));
    },

    /**
     * Locks an account out at once, or lets it in again. Its tasks stay.
     * @throws AppError `notFound`
     */
    async setDisabled(username: string, disabled: boolean): Promise<void> {
      const now = new Date();
      const changed = await db.write((tx) =>
        tx
          .update(users)
          .set({ disabledAt: disabled ? now : null, updatedAt: now })
          .where(eq(users.usernameKey, accountKey(username)))
          .returning({ id: users.id }),
      );
      if (changed.length === 0) throw new AppError("notFound", `There is no user “${username}”.`);
    },
  };
}

function toUser(row: { id: string; username: string; email: string; createdAt: Date }): User {
  return { id: row.id, username: row.username, email: row.email, createdAt: row.createdAt.toISOString() };
}

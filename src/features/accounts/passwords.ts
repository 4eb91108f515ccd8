import { and, eq, ne } from "drizzle-orm";
import type { Actor, Channel } from "../../actor.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import type { RateLimits } from "../../db/rate-limits.ts";
import type { AppError } from "../../errors.ts";
import type { Client } from "../../http/client.ts";
import { invalid } from "../../validation/check.ts";
import { noSuchUser } from "./administration.ts";
import { assertHashingCapacity, hashPassword, isCommonPassword, verifyPassword } from "./hashing.ts";
import type { RecordEvent } from "./history.ts";
import { accountKey, type PasswordChange, type PasswordReset } from "./model.ts";
import { passwordLimit, TOO_MANY_PASSWORDS } from "./sign-in.ts";

/** How long a link to set a new password is valid. */
const LINK_MS = 60 * 60 * 1000;

/** @throws AppError `invalid` for a common password, or one that is a name of the account */
export async function assertStrong(password: string, names: string[], path = "/password") {
  if (!names.map(accountKey).includes(accountKey(password)) && !(await isCommonPassword(password))) return;
  throw invalid([{ path, rule: "common", message: "This password is too easy to guess. Several words work well." }]);
}

/** The rules of changing a password. */
export function createPasswords(db: Database, record: RecordEvent, rateLimits: RateLimits) {
  const { users, sessions } = db.schema;

  interface NewPassword {
    passwordHash: string;
    /** Null for the operator. */
    actorId: string | null;
    through: Channel;
    /** The session that does not end. */
    keptSession?: string;
  }

  /** Sets a password, ends sessions and makes reset links useless. */
  async function setPassword(tx: Writer, userId: string, options: NewPassword) {
    const { passwordHash, actorId, through, keptSession } = options;
    await tx
      .update(users)
      .set({ passwordHash, updatedAt: new Date(), resetExpiresAt: null })
      .where(eq(users.id, userId));
    await tx
      .delete(sessions)
      .where(and(eq(sessions.userId, userId), keptSession ? ne(sessions.id, keptSession) : undefined));
    await record(tx, userId, actorId, through, keptSession ? "changePassword" : "resetPassword");
  }

  /**
   * Returns the account that a reset token belongs to, and whether the token is still valid.
   * @throws AppError `invalid` if there is none
   */
  async function findReset(reader: Reader, token: string) {
    const [, id = "", secret = ""] = /([0-9a-f-]{36})\.([\w-]{43})\s*$/.exec(token) ?? [];
    const [user] = await reader.select().from(users).where(eq(users.id, id));
    if (user?.resetHash !== hashOf(secret)) throw uselessLink();
    return { user, isValid: (user.resetExpiresAt?.getTime() ?? 0) > Date.now() };
  }

  return {
    /**
     * Changes the password of the actor's account and ends all other sessions.
     * @throws AppError `invalid` for a weak password or a wrong current one; `tooManyRequests` after too many wrong ones
     */
    async changePassword(actor: Actor, { currentPassword, newPassword }: PasswordChange, client: Client) {
      const { user, sessionId, through } = actor;
      await assertStrong(newPassword, [user.username, user.email], "/newPassword");
      // Counted for each session: whoever steals one can't prevent the owner from changing the password in another.
      const limit = passwordLimit(["change-password", sessionId]);
      assertHashingCapacity();
      await rateLimits.take(client.network, [limit], TOO_MANY_PASSWORDS);
      const [found] = await db.read.select().from(users).where(eq(users.id, user.id));
      if (!(await verifyPassword(currentPassword, found?.passwordHash))) {
        // The same form, sent twice.
        if (await verifyPassword(newPassword, found?.passwordHash)) return;
        throw invalid([{ path: "/currentPassword", rule: "wrong", message: "This is not your current password." }]);
      }
      const passwordHash = await hashPassword(newPassword);
      const isSet = await db.write(async (tx) => {
        await rateLimits.reset(tx, limit);
        const [current] = await tx.select().from(users).where(eq(users.id, user.id));
        if (current?.passwordHash !== found?.passwordHash) return false; // another request has changed it
        await setPassword(tx, user.id, { passwordHash, actorId: user.id, through, keptSession: sessionId });
        return true;
      }, user.id);
      if (!isSet) await this.changePassword(actor, { currentPassword, newPassword }, client);
    },

    /**
     * Sets a new password and ends all sessions of the account.
     * @throws AppError `notFound`; `invalid` for a weak password
     */
    async resetPassword(username: string, password: string): Promise<void> {
      await assertStrong(password, [username]);
      const passwordHash = await hashPassword(password);
      await db.write(async (tx) => {
        const [user] = await tx
          .select({ id: users.id })
          .from(users)
          .where(eq(users.usernameKey, accountKey(username)));
        if (!user) throw noSuchUser(username);
        await setPassword(tx, user.id, { passwordHash, actorId: null, through: "commandLine" });
      });
    },

    /**
     * Creates a token that allows to set a new password once, within an hour. It replaces earlier ones.
     * @throws AppError `notFound`
     */
    async createResetToken(username: string): Promise<string> {
      const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
      const [user] = await db.write((tx) =>
        tx
          .update(users)
          .set({ resetHash: hashOf(secret), resetExpiresAt: new Date(Date.now() + LINK_MS) })
          .where(eq(users.usernameKey, accountKey(username)))
          .returning({ id: users.id }),
      );
      if (!user) throw noSuchUser(username);
      return `${user.id}.${secret}`;
    },

    /**
     * Sets a new password with a reset token and ends all sessions of the account.
     * @throws AppError `invalid` for a weak password or a token that is used, expired or wrong; `tooManyRequests`
     */
    async resetPasswordByToken({ token, password }: PasswordReset): Promise<void> {
      const { user, isValid } = await findReset(db.read, token);
      if (!isValid) {
        // The same form, sent twice. Limited, as a used link must not allow to guess the password.
        await rateLimits.take(user.id, [passwordLimit(["reset-password", user.id])], TOO_MANY_PASSWORDS);
        if (await verifyPassword(password, user.passwordHash)) return;
        throw uselessLink();
      }
      await assertStrong(password, [user.username, user.email]);
      const passwordHash = await hashPassword(password);
      const isSet = await db.write(async (tx) => {
        const { isValid } = await findReset(tx, token); // another request may have used it
        if (isValid) await setPassword(tx, user.id, { passwordHash, actorId: user.id, through: "browser" });
        return isValid;
      }, user.id);
      if (!isSet) await this.resetPasswordByToken({ token, password });
    },
  };
}

function uselessLink(): AppError {
  const message = "This link was used already, or is older than an hour. Ask your administrator for a new one.";
  return invalid([{ path: "/token", rule: "expired", message }]);
}

/** A fast hash is enough for 256 random bits. */
const hashOf = (secret: string) => Bun.SHA256.hash(secret, "base64url");

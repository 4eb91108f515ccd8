import { and, eq, gt, lt, ne, type SQL, sql } from "drizzle-orm";
import type { Access, Actor, Channel } from "../../actor.ts";
import { Cache } from "../../cache.ts";
import type { Database, Writer } from "../../db/database.ts";
import { deleteInBatches } from "../../db/delete-in-batches.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import { AppError } from "../../errors.ts";
import type { Client } from "../../http/client.ts";
import type { FoundSession, Session } from "../../http/session.ts";
import type { AccountVerb } from "../changes/model.ts";
import type { RecordEvent } from "./history.ts";
import { type SessionEntry, toUser, type User } from "./model.ts";

const DAY_SECONDS = 24 * 60 * 60;
/** A session ends when it was not used for this long. */
const IDLE_SECONDS = 30 * DAY_SECONDS;
/** A session ends after this long, used or not. */
export const MAX_SESSION_SECONDS = 180 * DAY_SECONDS;

export type SessionStore = ReturnType<typeof createSessionStore>;

/** The rules of sessions: they begin by signing in, are extended while they are used, and can be ended. */
export function createSessionStore(
  db: Database,
  record: RecordEvent,
  { once }: Pick<Idempotency, "once">,
  accessOf: (accountId: string) => Promise<Access>,
) {
  const { users, sessions } = db.schema;

  const findActor = db.read
    .select({
      id: users.id,
      username: users.username,
      email: users.email,
      createdAt: users.createdAt,
      timeZone: users.timeZone,
      dateFormat: users.dateFormat,
      timeFormat: users.timeFormat,
      firstDayOfWeek: users.firstDayOfWeek,
      startPage: users.startPage,
      disabledAt: users.disabledAt,
      expiresAt: sessions.expiresAt,
      begunAt: sessions.createdAt,
      lastSeenAt: sessions.lastSeenAt,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.id, sql.placeholder("sessionId")), eq(sessions.userId, sql.placeholder("userId"))))
    .prepare();

  /** `expiresAt` in milliseconds. */
  interface Found extends Omit<FoundSession, "actor"> {
    readonly user: User;
    readonly access: Access;
    readonly expiresAt: number;
  }

  /** Sessions that were looked up, with the state of the database at that time. */
  const seen = new Cache<{ version: number; found: Found | undefined }>(10_000);
  /** Sessions that are being renewed. */
  const renewing = new Set<string>();

  async function lookUp(userId: string, sessionId: string): Promise<Found | undefined> {
    const [[row], access] = await Promise.all([findActor.execute({ userId, sessionId }), accessOf(userId)]);
    if (!row || row.disabledAt) return undefined;
    return {
      user: toUser(row),
      expiresAt: row.expiresAt.getTime(),
      renewedAt: (row.lastSeenAt ?? row.begunAt).getTime(),
      access,
    };
  }

  /** Returns whose session this is, or undefined if it has ended or the account is disabled. */
  async function findSession(userId: string, sessionId: string, through: Channel): Promise<FoundSession | undefined> {
    const version = db.dataVersion();
    const key = `${userId} ${sessionId}`;
    const known = version === undefined ? undefined : seen.get(key);
    const found = known?.version === version && known !== undefined ? known.found : await lookUp(userId, sessionId);
    if (version !== undefined && known?.version !== version) seen.set(key, { version, found });
    if (!found || found.expiresAt <= Date.now()) return undefined;
    const { user, access, renewedAt } = found;
    return { actor: { user, sessionId, through, access, timeZone: user.timeZone ?? "UTC" }, renewedAt };
  }

  /** Creates a session in a unit of work. */
  async function begin(tx: Writer, user: User, through: Channel, client: Client): Promise<Session> {
    const createdAt = new Date();
    const id = Bun.randomUUIDv7();
    await tx.delete(sessions).where(and(eq(sessions.userId, user.id), lt(sessions.expiresAt, createdAt)));
    await tx.insert(sessions).values({
      ...{ id, userId: user.id, createdAt, device: client.device, address: client.address },
      expiresAt: new Date(createdAt.getTime() + IDLE_SECONDS * 1000),
    });
    await record(tx, user.id, user.id, through, "signIn");
    return { id, user, expiresAt: Math.floor(createdAt.getTime() / 1000) + MAX_SESSION_SECONDS };
  }

  /**
   * Ends sessions of the actor's account: their tokens are rejected from now on, and their live streams close.
   * @returns how many
   */
  const end = ({ user, through }: Actor, which: SQL, verb: AccountVerb): Promise<number> =>
    db.write(async (tx) => {
      const ended = await tx
        .delete(sessions)
        .where(and(eq(sessions.userId, user.id), which))
        .returning({ id: sessions.id });
      if (ended.length > 0) await record(tx, user.id, user.id, through, verb);
      return ended.length;
    }, user.id);

  return {
    findSession,
    begin,

    /** Creates a session for an account that was just created. @param repeat makes a repeated request get the first one */
    beginSession: (user: User, through: Channel, client: Client, repeat?: Repeatable): Promise<Session> =>
      db.write(
        (tx) => once(tx, repeat && { ...repeat, scope: user.id }, () => begin(tx, user, through, client)),
        user.id,
      ),

    /** Returns the actor with what they see now, or undefined if their session has ended. */
    refresh: async ({ user, sessionId, through }: Actor): Promise<Actor | undefined> =>
      (await findSession(user.id, sessionId, through))?.actor,

    /** Extends a session that is in use, and records from where. */
    async renewSession({ user, sessionId }: Actor, { device, address }: Client): Promise<void> {
      if (renewing.has(sessionId)) return;
      renewing.add(sessionId);
      try {
        await db.write(async (tx) => {
          const [session] = await tx.select().from(sessions).where(eq(sessions.id, sessionId));
          if (!session) return;
          const now = new Date();
          const expiresAt = new Date(
            Math.min(now.getTime() + IDLE_SECONDS * 1000, session.createdAt.getTime() + MAX_SESSION_SECONDS * 1000),
          );
          await tx
            .update(sessions)
            .set({ lastSeenAt: now, expiresAt, device, address })
            .where(eq(sessions.id, sessionId));
        }, user.id);
      } finally {
        renewing.delete(sessionId);
      }
    },

    /** Returns the sessions of the actor's account, the current one first, then the last used. */
    async listSessions({ user, sessionId }: Actor): Promise<SessionEntry[]> {
      const rows = await db.read
        .select()
        .from(sessions)
        .where(and(eq(sessions.userId, user.id), gt(sessions.expiresAt, new Date())));
      const entries = rows.map(({ id, device, address, createdAt, lastSeenAt, expiresAt }) => ({
        id,
        device: device ?? "Unknown device",
        address,
        createdAt: createdAt.toISOString(),
        lastSeenAt: (lastSeenAt ?? createdAt).toISOString(),
        expiresAt: expiresAt.toISOString(),
        current: id === sessionId,
      }));
      return entries.sort(
        (one, other) => Number(other.current) - Number(one.current) || other.lastSeenAt.localeCompare(one.lastSeenAt),
      );
    },

    /** Ends the current session. */
    async signOut(actor: Actor): Promise<void> {
      await end(actor, eq(sessions.id, actor.sessionId), "signOut");
    },

    /**
     * Ends a session of the actor's account.
     * @throws AppError `notFound`
     */
    async endSession(actor: Actor, id: string): Promise<void> {
      const ended = await end(actor, eq(sessions.id, id), id === actor.sessionId ? "signOut" : "endSession");
      if (ended === 0) throw new AppError("notFound", "This session has already ended.");
    },

    /** Ends all sessions of the actor's account but the current one. @returns how many */
    endOtherSessions: (actor: Actor): Promise<number> => end(actor, ne(sessions.id, actor.sessionId), "endSession"),

    /** Deletes expired sessions. */
    async deleteExpiredSessions(): Promise<void> {
      await deleteInBatches(db, sessions, [sessions.id], lt(sessions.expiresAt, new Date()));
    },
  };
}

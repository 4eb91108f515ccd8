import { and, eq, getTableColumns, inArray, ne, sql } from "drizzle-orm";
import type { Actor, Role } from "../../actor.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import { rowsOf } from "../../db/prepared.ts";
import { AppError } from "../../errors.ts";
import { isId } from "../../validation/ids.ts";
import type { MemberVerb, Values } from "../changes/model.ts";
import { type Origin, originOf, type RecordAction } from "../changes/record.ts";
import type { Row } from "./entity.ts";
import { MAX_PROJECTS } from "./model.ts";

const byPosition = (one: { position: number; projectId: string }, other: typeof one) =>
  one.position - other.position || (one.projectId < other.projectId ? -1 : 1);

/** Called when a member has left a project, in the same transaction. */
export type OnLeave = (tx: Writer, origin: Origin, projectId: string, accountId: string) => Promise<void>;

export type Members = ReturnType<typeof createMembers>;

/**
 * Who belongs to which project. A change of a membership is an event of the account, in the log of its Inbox, so that
 * cached responses end and live streams notice.
 */
export function createMembers(db: Database, record: RecordAction) {
  const listeners: OnLeave[] = [];
  const { projects, members } = db.schema;
  const { role, position } = members;

  const columns = { ...getTableColumns(projects), role, position };
  type Membership = Row & { role: Role; position: number };
  const ofAccount = rowsOf<Membership>(
    db.engine,
    columns,
    db.read
      .select(columns)
      .from(members)
      .innerJoin(projects, eq(projects.id, members.projectId))
      .where(eq(members.accountId, sql.placeholder("accountId")))
      .prepare(),
  );

  const keyOf = (projectId: string, accountId: string) =>
    and(eq(members.projectId, projectId), eq(members.accountId, accountId));

  /** @param before the membership, and after how it is now; null for none */
  const recordEvent = (
    tx: Writer,
    origin: Origin,
    accountId: string,
    verb: MemberVerb,
    before: Values | null = null,
    after: Values | null = null,
  ) => record(tx, origin, [{ projectId: accountId, entity: "account", entityId: accountId, verb, before, after }]);

  return {
    /** Returns the projects of an account in its own order, the Inbox first. */
    async listProjects(accountId: string) {
      const rows = await ofAccount({ accountId });
      return rows.sort((one, other) => byPosition({ ...one, projectId: one.id }, { ...other, projectId: other.id }));
    },

    /** Returns a project as a member has it, or undefined if the account is none. */
    async find(reader: Reader, projectId: string, accountId: string): Promise<Membership | undefined> {
      if (!isId(projectId)) return undefined;
      const [row] = await reader
        .select(columns)
        .from(members)
        .innerJoin(projects, eq(projects.id, members.projectId))
        .where(keyOf(projectId, accountId));
      return row;
    },

    /** Creates the Inbox of a new account. */
    async createInbox(tx: Writer, accountId: string, now: Date): Promise<void> {
      const times = { createdAt: now, updatedAt: now };
      await tx.insert(projects).values({ id: accountId, name: "Inbox", version: 1, ...times });
      await tx.insert(members).values({ projectId: accountId, accountId, role: "owner", position: 0, createdAt: now });
    },

    /**
     * Adds a member to a project, at the end of the member's own list, or changes their role.
     * @param origin who does it; the caller has checked that they may
     * @throws AppError `conflict` if the account has too many projects
     */
    async add(tx: Writer, origin: Origin, projectId: string, accountId: string, role: Role): Promise<void> {
      const own = await tx
        .select({ projectId: members.projectId, position, role: members.role })
        .from(members)
        .where(eq(members.accountId, accountId));
      const known = own.find((each) => each.projectId === projectId);
      if (known?.role === role) return;
      if (known) await tx.update(members).set({ role }).where(keyOf(projectId, accountId));
      else {
        if (own.length >= MAX_PROJECTS)
          throw new AppError(
            "conflict",
            `An account can have at most ${MAX_PROJECTS} projects, including archived and deleted ones.`,
          );
        const last = Math.max(0, ...own.map((each) => each.position));
        await tx.insert(members).values({ projectId, accountId, role, position: last + 1, createdAt: new Date() });
      }
      const [before, after] = [known ? { projectId, role: known.role } : null, { projectId, role }];
      await recordEvent(tx, origin, accountId, known ? "changeRole" : "joinProject", before, after);
    },

    /** Removes a member from a project. @returns the role that they had, if they were one */
    async remove(tx: Writer, origin: Origin, projectId: string, accountId: string): Promise<Role | undefined> {
      const [removed] = await tx.delete(members).where(keyOf(projectId, accountId)).returning();
      if (!removed) return undefined;
      for (const each of listeners) await each(tx, origin, projectId, accountId);
      await recordEvent(tx, origin, accountId, "leaveProject", { projectId, role: removed.role });
      return removed.role;
    },

    /** Returns the role of an account in a project, if it is a member. */
    async roleOf(reader: Reader, projectId: string, accountId: string): Promise<Role | undefined> {
      const [member] = await reader.select({ role }).from(members).where(keyOf(projectId, accountId));
      return member?.role;
    },

    /** Moves a project within the account's own list. @param to its place, after the Inbox */
    async arrange(tx: Writer, actor: Actor, projectId: string, to: number): Promise<void> {
      const { user } = actor;
      const own = await tx
        .select({ projectId: members.projectId, position })
        .from(members)
        .where(and(eq(members.accountId, user.id), ne(members.projectId, user.id)));
      const order = own
        .sort(byPosition)
        .map((each) => each.projectId)
        .filter((id) => id !== projectId);
      order.splice(to - 1, 0, projectId);
      const moved = own.filter((each) => each.position !== order.indexOf(each.projectId) + 1);
      for (const each of moved)
        await tx
          .update(members)
          .set({ position: order.indexOf(each.projectId) + 1 })
          .where(keyOf(each.projectId, user.id));
      if (moved.length > 0) await recordEvent(tx, originOf(actor), user.id, "arrangeProjects");
    },

    /**
     * Deletes what only an account owns, for all members: its Inbox, and projects without another owner. It leaves the
     * others.
     */
    async removeOwned(tx: Writer, accountId: string): Promise<void> {
      const owned = await tx
        .select({ projectId: members.projectId })
        .from(members)
        .where(and(eq(members.accountId, accountId), eq(members.role, "owner")));
      const others = await tx
        .select({ projectId: members.projectId, accountId: members.accountId, role })
        .from(members)
        .where(
          and(
            inArray(
              members.projectId,
              owned.map((each) => each.projectId),
            ),
            ne(members.accountId, accountId),
          ),
        );
      const kept = new Set(others.filter((other) => other.role === "owner").map((other) => other.projectId));
      const ids = owned.map((each) => each.projectId).filter((id) => !kept.has(id));
      const origin = { actorId: null, through: "commandLine" } as const;
      for (const other of others)
        if (!kept.has(other.projectId)) {
          const before = { projectId: other.projectId, role: other.role };
          await recordEvent(tx, origin, other.accountId, "leaveProject", before);
        }
      // What is in them follows by the foreign keys.
      await tx.delete(projects).where(inArray(projects.id, ids));
      const joined = await tx
        .select({ projectId: members.projectId })
        .from(members)
        .where(eq(members.accountId, accountId));
      for (const { projectId } of joined) for (const each of listeners) await each(tx, origin, projectId, accountId);
    },

    /** Registers what a feature does when a member has left a project. */
    onLeave: (listener: OnLeave) => void listeners.push(listener),

    /** Returns the ids of the members of a project. */
    async of(projectId: string): Promise<string[]> {
      const rows = await db.read
        .select({ accountId: members.accountId })
        .from(members)
        .where(eq(members.projectId, projectId));
      return rows.map(({ accountId }) => accountId);
    },
  };
}

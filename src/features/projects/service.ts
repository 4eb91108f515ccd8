import { and, eq, inArray, lt } from "drizzle-orm";
import type { Actor, Role } from "../../actor.ts";
import type { Database, Writer } from "../../db/database.ts";
import { deleteInBatches } from "../../db/delete-in-batches.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import type { Changed } from "../changes/entity.ts";
import type { Precondition } from "../changes/items.ts";
import { TRASH_DAYS, type Values } from "../changes/model.ts";
import { originOf } from "../changes/record.ts";
import type { Changes } from "../changes/service.ts";
import { fixedInbox, noSuchProject } from "./access.ts";
import { projectEntity, type Row } from "./entity.ts";
import type { Members } from "./members.ts";
import type { Project, ProjectInput, ProjectList, ProjectPatch, ProjectQuery } from "./model.ts";
import { createPeople } from "./people.ts";

const DAY_MS = 86_400_000;

/** A project after an action, and the change that takes the action back; none if nothing has changed. */
export interface ChangedProject {
  readonly project: Project;
  readonly version: number;
  readonly change: number | undefined;
}

export type Projects = ReturnType<typeof createProjects>;

/** The rules of projects. What the actor may not see is not found. */
export function createProjects(db: Database, changes: Changes, members: Members, { once }: Pick<Idempotency, "once">) {
  const { projects, tasks, comments, invites, changes: log } = db.schema;
  const items = changes.register(projectEntity(projects, { purge, count: endInvites }));

  /** Deleting a project ends its invites for good: restoring it does not bring them back. */
  async function endInvites(tx: Writer, written: readonly Changed<Row>[]): Promise<void> {
    const deleted = written.flatMap(({ after }) => (after?.deletedAt ? [after.id] : []));
    if (deleted.length > 0) await tx.delete(invites).where(inArray(invites.projectId, deleted));
  }

  /** Removes a project that has been in the trash for over 30 days, with everything in it. */
  async function purge({ id }: Row): Promise<void> {
    await deleteInBatches(db, log, [log.id], eq(log.projectId, id));
    await deleteInBatches(db, comments, [comments.projectId, comments.id], eq(comments.projectId, id));
    await deleteInBatches(db, tasks, [tasks.projectId, tasks.id], eq(tasks.projectId, id));
    const left = await members.of(id);
    await db.write(
      async (tx) => {
        for (const accountId of left) await members.remove(tx, { actorId: null, through: "program" }, id, accountId);
        const expired = lt(projects.deletedAt, new Date(Date.now() - TRASH_DAYS * DAY_MS));
        await tx.delete(projects).where(and(eq(projects.id, id), expired));
      },
      id,
      ...left,
    );
  }

  /** @throws AppError `notFound` for a project that the actor does not see, whatever the text of its id */
  function assertSeen({ access }: Actor, id: string) {
    if (!access.projects.has(id)) throw noSuchProject();
  }

  /** Runs a change of a project, and returns the project as the actor sees it afterwards. */
  const change = (
    actor: Actor,
    id: string,
    repeat: Repeatable | undefined,
    work: (tx: Writer) => Promise<number | undefined>,
  ) =>
    db.write(
      (tx) =>
        once(tx, repeat, async (): Promise<ChangedProject> => {
          const made = await work(tx);
          const row = await members.find(tx, id, actor.user.id);
          if (!row) throw noSuchProject();
          return { project: toProject(actor, row), version: row.version, change: made };
        }),
      id,
      actor.user.id,
    );

  return {
    /** Returns the actor's projects in their own order, the Inbox first. */
    async listProjects(actor: Actor, { state = "active" }: ProjectQuery = {}): Promise<ProjectList> {
      const rows = await members.listProjects(actor.user.id);
      // Projects that were left or purged have left gaps.
      const placed = rows.map((row, position) => ({ ...row, position }));
      return { items: placed.filter((row) => stateOf(row) === state).map((row) => toProject(actor, row)) };
    },

    /** Returns the projects that tasks can be in, by id: all but the deleted ones, in the actor's own order. */
    async projectsById(actor: Actor): Promise<ReadonlyMap<string, Project>> {
      const rows = (await members.listProjects(actor.user.id)).filter(({ deletedAt }) => !deletedAt);
      return new Map(rows.map((row) => [row.id, toProject(actor, row)]));
    },

    /** @throws AppError `notFound` */
    async getProject(actor: Actor, id: string): Promise<{ project: Project; version: number }> {
      const row = await members.find(db.read, id, actor.user.id);
      if (!row || row.deletedAt) throw noSuchProject();
      return { project: toProject(actor, row), version: row.version };
    },

    /**
     * Creates a project with the actor as its owner.
     * @param fill adds what is in it, in the same transaction
     * @throws AppError `conflict` if the account has too many
     */
    async createProject(
      actor: Actor,
      input: ProjectInput,
      repeat?: Repeatable,
      fill?: (tx: Writer, id: string) => Promise<void>,
    ): Promise<ChangedProject> {
      const id = Bun.randomUUIDv7();
      const created = await change(actor, id, repeat, async (tx) => {
        const values = { color: null, icon: null, archived: false, ...input };
        const item = await items.create(tx, actor, values, id);
        await members.add(tx, originOf(actor), id, actor.user.id, "owner");
        await fill?.(tx, id);
        return item.change;
      });
      // A repeated request gets the first result, unless the actor no longer sees the project.
      if (created.project.id !== id && !actor.access.projects.has(created.project.id)) throw noSuchProject();
      return created;
    },

    /**
     * Changes the given fields of a project; the position is the actor's own.
     * @throws AppError `notFound`; `forbidden`; `conflict` for the Inbox; what the precondition throws
     */
    async updateProject(
      actor: Actor,
      id: string,
      { position, ...patch }: ProjectPatch,
      precondition?: Precondition,
    ): Promise<ChangedProject> {
      if (id === actor.user.id) throw fixedInbox("changed");
      assertSeen(actor, id);
      return change(actor, id, undefined, async (tx) => {
        // The position is the member's own, whatever their role.
        const isOwn = Object.keys(patch).length === 0;
        precondition?.((await items.get(tx, actor, id)).version);
        const revised = isOwn ? undefined : await items.revise(tx, actor, id, patch as Values);
        if (position !== undefined) await members.arrange(tx, actor, id, position);
        return revised?.change;
      });
    },

    /** Moves a project to the trash, with everything in it. Throws like `updateProject`. */
    async deleteProject(actor: Actor, id: string, precondition?: Precondition): Promise<ChangedProject> {
      if (id === actor.user.id) throw fixedInbox("deleted");
      assertSeen(actor, id);
      const patch = { deletedAt: new Date().toISOString() };
      return change(
        actor,
        id,
        undefined,
        async (tx) => (await items.revise(tx, actor, id, patch, { precondition })).change,
      );
    },

    /** Restores a project from the trash. @throws AppError `notFound` if it is not there; `forbidden` */
    async restoreProject(actor: Actor, id: string, repeat?: Repeatable): Promise<ChangedProject> {
      assertSeen(actor, id); // also for a repeated request
      const patch = { deletedAt: null };
      return change(
        actor,
        id,
        repeat,
        async (tx) => (await items.revise(tx, actor, id, patch, { inTrash: true })).change,
      );
    },

    ...createPeople(db),
    onLeave: members.onLeave,
    createInbox: members.createInbox,
    removeOwned: members.removeOwned,
  };
}

const stateOf = ({ deletedAt, archivedAt }: Row) => (deletedAt ? "deleted" : archivedAt ? "archived" : "active");

const toProject = (
  { user }: Actor,
  { archivedAt, deletedAt, version: _, ...row }: Row & { role: Role; position: number },
): Project => ({
  ...row,
  color: row.color as Project["color"],
  icon: row.icon as Project["icon"],
  inbox: row.id === user.id,
  archived: archivedAt !== null,
  deletedAt: deletedAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

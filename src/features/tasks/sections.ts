import { and, eq, isNotNull, isNull } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import { AppError } from "../../errors.ts";
import type { Patched } from "../changes/entity.ts";
import type { Precondition } from "../changes/items.ts";
import type { Values } from "../changes/model.ts";
import type { Changes } from "../changes/service.ts";
import { noSuchProject } from "../projects/access.ts";
import { newPositions, positionsBetween } from "./outline.ts";
import { sectionEntity } from "./section-entity.ts";
import { byPosition, createSectionList, type Row } from "./section-list.ts";
import {
  MAX_SECTIONS,
  type Section,
  type SectionInput,
  type SectionList,
  type SectionPatch,
  type SectionQuery,
} from "./section-model.ts";
import type { Tasks } from "./service.ts";

/** A section after an action, and the change that takes the action back; none if nothing has changed. */
export interface ChangedSection {
  readonly section: Section;
  readonly version: number;
  readonly change: number | undefined;
}

export type Sections = ReturnType<typeof createSections>;

/** The rules of sections. What the actor may not see is not found. */
export function createSections(
  db: Database,
  changes: Changes,
  tasks: Pick<Tasks, "clearSection">,
  { once }: Pick<Idempotency, "once">,
) {
  const { sections, tasks: taskTable } = db.schema;
  const items = changes.register(sectionEntity(sections, assertEmpty));
  const activeOf = createSectionList(db);

  /**
   * Checks that no open task is left in a section that is deleted or archived, by an undo too: no list would show it.
   * @throws AppError `conflict`
   */
  async function assertEmpty(tx: Writer, patches: readonly Patched<Row>[]): Promise<readonly Patched<Row>[]> {
    for (const [row, patch] of patches) {
      if (!patch.deletedAt && !patch.archived) continue;
      const isOpen = and(isNull(taskTable.completedAt), isNull(taskTable.deletedAt));
      const isInside = and(eq(taskTable.projectId, row.projectId), eq(taskTable.sectionId, row.id), isOpen);
      const [left] = await tx.select({ id: taskTable.id }).from(taskTable).where(isInside).limit(1);
      if (left) throw new AppError("conflict", `The section “${row.name}” has new tasks. Nothing was changed.`);
    }
    return patches;
  }

  /** @throws AppError `notFound` */
  function assertSeen({ access }: Actor, projectId: string) {
    if (access.projects.get(projectId)?.deleted !== false) throw noSuchProject();
  }

  /** Returns the sections of a project in their order. */
  async function read(reader: Reader, projectId: string, archived = false): Promise<Row[]> {
    const state = archived ? isNotNull(sections.archivedAt) : isNull(sections.archivedAt);
    const found = await reader
      .select()
      .from(sections)
      .where(and(eq(sections.projectId, projectId), isNull(sections.deletedAt), state));
    return found.toSorted(byPosition);
  }

  async function find(tx: Writer, actor: Actor, projectId: string, id: string): Promise<Row> {
    const row = await items.get(tx, actor, id);
    if (row.projectId !== projectId) throw new AppError("notFound", "There is no such section.");
    return row;
  }

  async function toChanged(tx: Writer, row: Row, change: number | undefined): Promise<ChangedSection> {
    const all = await read(tx, row.projectId, row.archivedAt !== null);
    return { section: toSection(row, all.findIndex(({ id }) => id === row.id) + 1), version: row.version, change };
  }

  /** Returns the key of a place among the sections of a project. @param place 1 for the first */
  async function positionAt(tx: Writer, projectId: string, place: number, moving?: string): Promise<string> {
    const others = (await read(tx, projectId)).filter(({ id }) => id !== moving);
    const [before, after] = [others[Math.min(place - 1, others.length) - 1], others[place - 1]];
    const found = positionsBetween(before?.position ?? null, after?.position ?? null, 1);
    if (found?.[0] !== undefined) return found[0];
    const renewed = newPositions(others.length);
    for (const [index, { id }] of others.entries())
      await tx
        .update(sections)
        .set({ position: renewed[index] ?? "" })
        .where(and(eq(sections.projectId, projectId), eq(sections.id, id)));
    return positionsBetween(renewed[place - 2] ?? null, renewed[place - 1] ?? null, 1)?.[0] ?? "";
  }

  return {
    /** Returns the sections of a project in their order. @throws AppError `notFound` */
    async listSections(actor: Actor, projectId: string, { state = "active" }: SectionQuery = {}): Promise<SectionList> {
      assertSeen(actor, projectId);
      const rows = state === "active" ? await activeOf(projectId) : await read(db.read, projectId, true);
      return { items: rows.map((row, index) => toSection(row, index + 1)) };
    },

    /** Adds a section below the others. @throws AppError `notFound`; `forbidden`; `conflict` if there are too many */
    async createSection(
      actor: Actor,
      projectId: string,
      input: SectionInput,
      repeat?: Repeatable,
    ): Promise<ChangedSection> {
      assertSeen(actor, projectId);
      return db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const [active, archived] = [await read(tx, projectId), await read(tx, projectId, true)];
            if (active.length + archived.length >= MAX_SECTIONS)
              throw new AppError("conflict", `A project can have ${MAX_SECTIONS} sections. Delete one first.`);
            const position = await positionAt(tx, projectId, active.length + 1);
            const { row, change } = await items.create(tx, actor, { projectId, ...input, position, archived: false });
            return toChanged(tx, row, change);
          }),
        projectId,
      );
    },

    /** Adds the sections of a project to a new one, in their order. @returns the ids of the new ones, by those of the others */
    async copySections(
      tx: Writer,
      actor: Actor,
      from: string,
      projectId: string,
    ): Promise<ReadonlyMap<string, string>> {
      const rows = await read(tx, from);
      const ids = new Map(rows.map(({ id }) => [id, Bun.randomUUIDv7()]));
      const all = rows.map(({ name, position }) => ({ projectId, name, position, archived: false }));
      await items.createAll(tx, actor, all, [...ids.values()]);
      return ids;
    },

    /**
     * Changes the given fields of a section. Archiving it completes its tasks.
     * @throws AppError `notFound`; `forbidden`; what the precondition throws
     */
    async updateSection(
      actor: Actor,
      projectId: string,
      id: string,
      { position: place, ...patch }: SectionPatch,
      precondition?: Precondition,
    ): Promise<ChangedSection> {
      assertSeen(actor, projectId);
      return db.write(async (tx) => {
        const before = await find(tx, actor, projectId, id);
        precondition?.(before.version);
        const isAt = place === undefined || (await read(tx, projectId))[place - 1]?.id === id;
        const moved = isAt ? {} : { position: await positionAt(tx, projectId, place, id) };
        const action = patch.archived ? await tasks.clearSection(tx, actor, before, "complete") : undefined;
        const values = { ...patch, ...moved } as Values;
        const { rows, change } = await items.applyAll(tx, actor, [[before, values]], { action });
        return toChanged(tx, rows[0] ?? before, change);
      }, projectId);
    },

    /** Moves a section to the trash, with its open tasks. Throws like `updateSection`. */
    async deleteSection(
      actor: Actor,
      projectId: string,
      id: string,
      precondition?: Precondition,
    ): Promise<ChangedSection> {
      assertSeen(actor, projectId);
      return db.write(async (tx) => {
        const before = await find(tx, actor, projectId, id);
        precondition?.(before.version);
        // The tasks first: an undo restores the section before them.
        const action = await tasks.clearSection(tx, actor, before, "delete");
        const patch = { deletedAt: new Date().toISOString() };
        const { rows, change } = await items.applyAll(tx, actor, [[before, patch]], { action });
        return toChanged(tx, rows[0] ?? before, change);
      }, projectId);
    },
  };
}

const toSection = ({ id, projectId, name, archivedAt, createdAt, updatedAt }: Row, position: number): Section => ({
  id,
  projectId,
  name,
  position,
  archived: archivedAt !== null,
  archivedAt: archivedAt?.toISOString() ?? null,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});

import { and, asc, eq, gt, isNull, lt } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import { BATCH_SIZE } from "../../chunks.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import type { Repeatable } from "../../db/idempotency.ts";
import { AppError } from "../../errors.ts";
import type { Applied, Items } from "../changes/items.ts";
import type { Values } from "../changes/model.ts";
import { MAX_NAME } from "../projects/model.ts";
import type { ChangedProject, Projects } from "../projects/service.ts";
import type { Row } from "./entity.ts";
import { MAX_BULK } from "./model.ts";
import { endOf, ID_DIGITS } from "./outline.ts";
import type { createPlacement, Target } from "./placement.ts";
import { createSectionList } from "./section-list.ts";
import type { Sections } from "./sections.ts";
import type { Tasks } from "./service.ts";

/** The most open tasks of a project that is copied. */
const MAX_OF_PROJECT = 5000;
const SUFFIX = " (copy)";

/** Copies open tasks. The history of a task, with its comments, stays with the original. */
export function createCopies(
  db: Database,
  items: Items<Row>,
  { placeNew }: Pick<ReturnType<typeof createPlacement>, "placeNew">,
) {
  const { tasks } = db.schema;
  const sectionsOf = createSectionList(db);

  /** Returns the open tasks of a section in their order, between two outlines: parents before their subtasks. */
  const openBetween = (
    reader: Reader,
    { projectId, sectionId }: Pick<Row, "projectId" | "sectionId">,
    [low, high]: readonly [string, string],
    limit: number,
  ): Promise<Row[]> =>
    reader
      .select()
      .from(tasks)
      .where(
        and(
          eq(tasks.projectId, projectId),
          sectionId === null ? isNull(tasks.sectionId) : eq(tasks.sectionId, sectionId),
          isNull(tasks.completedAt),
          isNull(tasks.deletedAt),
          gt(tasks.outline, low),
          lt(tasks.outline, high),
        ),
      )
      .orderBy(asc(tasks.sectionId), asc(tasks.outline), asc(tasks.id))
      .limit(limit);

  /** Returns where the copy of a task goes: directly after it, or to the top of the list that a completed one was in. */
  async function targetFor(tx: Writer, row: Row): Promise<Target> {
    const { id, projectId, sectionId, parentId } = row;
    if (row.completedAt === null) return { after: id };
    const isParent = and(eq(tasks.projectId, projectId), eq(tasks.id, parentId ?? ""));
    const [parent] = parentId === null ? [] : await tx.select().from(tasks).where(isParent);
    if (parent?.completedAt === null && parent.deletedAt === null) return { parentId };
    return (await sectionsOf(projectId)).some((each) => each.id === sectionId)
      ? { projectId, sectionId }
      : { projectId };
  }

  const copyOf = (row: Row, place: Values): Values => ({
    ...items.entity.values(row),
    completed: false,
    completedAt: null,
    lastCompletedAt: null,
    ...place,
  });

  return {
    /**
     * Copies a task with its open subtasks, as one action. The copy of the task itself comes first.
     * @throws AppError `notFound`; `forbidden`; `conflict` if there are too many
     */
    async copyTask(tx: Writer, actor: Actor, id: string): Promise<Applied<Row>> {
      const original = await items.get(tx, actor, id);
      const { outline } = original;
      const below = original.completedAt === null ? ([outline, endOf(outline)] as const) : undefined;
      const subtasks = below ? await openBetween(tx, original, below, MAX_BULK) : [];
      if (subtasks.length >= MAX_BULK) throw tooMany("A task with its subtasks", MAX_BULK);
      const ids = new Map([original, ...subtasks].map((row) => [row.id, copyId(row)]));
      const [place = {}] = await placeNew(tx, actor, await targetFor(tx, original), [ids.get(id) ?? ""]);
      const copies = subtasks.map((row) =>
        copyOf(row, {
          parentId: ids.get(row.parentId ?? "") ?? null,
          outline: String(place.outline) + row.outline.slice(outline.length),
        }),
      );
      return items.createAll(tx, actor, [copyOf(original, place), ...copies], [...ids.values()]);
    },

    /** Reads the open tasks of a project in batches, in their order. @param sections the ids of its sections */
    async *readOpen(projectId: string, sections: Iterable<string>): AsyncGenerator<Row[]> {
      let batch: Row[] = [];
      for (const sectionId of [null, ...sections])
        for (let low: string | undefined = ""; low !== undefined; ) {
          const limit = BATCH_SIZE - batch.length;
          const rows = await openBetween(db.read, { projectId, sectionId }, [low, "~"], limit);
          batch.push(...rows);
          low = rows.length === limit ? rows.at(-1)?.outline : undefined;
          if (batch.length < BATCH_SIZE) continue;
          yield batch;
          batch = [];
        }
      if (batch.length > 0) yield batch;
    },

    /**
     * Returns the copies of tasks in another project, each in the same place.
     * @param ids the ids of the copies so far, by those of the originals; gets more
     * @param sections the ids of the sections there, by those here
     */
    copiesIn(projectId: string, rows: readonly Row[], ids: Map<string, string>, sections: ReadonlyMap<string, string>) {
      return rows.flatMap((row): [id: string, values: Values][] => {
        const parentId = row.parentId === null ? null : ids.get(row.parentId);
        // It has moved since the batch before.
        if (ids.has(row.id) || parentId === undefined) return [];
        const id = copyId(row);
        ids.set(row.id, id);
        const sectionId = sections.get(row.sectionId ?? "") ?? null;
        return [[id, copyOf(row, { projectId, sectionId, parentId, outline: row.outline })]];
      });
    },

    /** Creates the tasks that `copiesIn` returned, as one action. */
    async createCopies(tx: Writer, actor: Actor, copies: ReturnType<typeof this.copiesIn>): Promise<void> {
      const [ids, all] = [copies.map(([id]) => id), copies.map(([, values]) => values)];
      await items.createAll(tx, actor, all, ids);
    },
  };
}

/** Returns the id of a copy. It ends like that of the original, as outlines do: siblings keep their order. */
const copyId = ({ id }: Row) => Bun.randomUUIDv7().slice(0, -ID_DIGITS) + id.slice(-ID_DIGITS);

const tooMany = (what: string, limit: number) =>
  new AppError("conflict", `${what} can be duplicated with at most ${limit.toLocaleString("en")} open tasks.`);

/** Returns the name of a copy, which is not too long either. */
function nameOfCopy(name: string): string {
  const [characters, room] = [[...name], MAX_NAME - SUFFIX.length];
  return (characters.length > room ? `${characters.slice(0, room - 1).join("")}…` : name) + SUFFIX;
}

export type ProjectCopies = ReturnType<typeof createProjectCopies>;

/** Copies projects, with what is open in them. */
export function createProjectCopies(
  db: Database,
  projects: Pick<Projects, "getProject" | "createProject">,
  sections: Pick<Sections, "copySections">,
  tasks: Pick<Tasks, "countOpen" | "readOpen" | "copiesIn" | "createCopies">,
) {
  return {
    /**
     * Creates a project like another one that the actor sees, with its sections and open tasks. The first batch of tasks is
     * written with the project, and each further one by itself, so that other writes run in between.
     * @param repeat makes a repeated request get the first result
     * @throws AppError `notFound`; `conflict` if the project has too many tasks, or the account too many projects
     */
    async duplicateProject(actor: Actor, id: string, repeat?: Repeatable): Promise<ChangedProject> {
      const { project } = await projects.getProject(actor, id);
      if (((await tasks.countOpen([id])).get(id) ?? 0) > MAX_OF_PROJECT) throw tooMany("A project", MAX_OF_PROJECT);
      const { color, icon } = project;
      let begun: { copy: string; finish(): Promise<void> } | undefined;
      const values = { name: nameOfCopy(project.name), color, icon };
      const created = await projects.createProject(actor, values, repeat, async (tx, copy) => {
        const copied = await sections.copySections(tx, actor, id, copy);
        const batches = tasks.readOpen(id, copied.keys());
        const ids = new Map<string, string>();
        const first = await batches.next();
        if (!first.done) await tasks.createCopies(tx, actor, tasks.copiesIn(copy, first.value, ids, copied));
        async function finish() {
          for await (const rows of batches) {
            const copies = tasks.copiesIn(copy, rows, ids, copied);
            await db.write((next) => tasks.createCopies(next, actor, copies), copy);
          }
        }
        begun = { copy, finish };
      });
      if (begun?.copy === created.project.id) await begun.finish();
      return created;
    },
  };
}

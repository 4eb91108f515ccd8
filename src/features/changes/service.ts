import type { Actor } from "../../actor.ts";
import type { Calendar } from "../../calendar.ts";
import type { Config } from "../../config.ts";
import type { Database } from "../../db/database.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import { AppError } from "../../errors.ts";
import { describeUpdate, type Entity, type EntityRow } from "./entity.ts";
import { type AssertMay, createItems, type Items } from "./items.ts";
import { createChangeLog } from "./log.ts";
import type { LongFields } from "./long-texts.ts";
import type { Change, ChangePage, ChangeQuery, EntityName } from "./model.ts";
import { pruneChanges } from "./prune.ts";
import { createRecord } from "./record.ts";
import { purgeTrash } from "./trash.ts";
import { createUndo, type May, type Undone } from "./undo.ts";

const DAY_MS = 86_400_000;

export interface ItemSummary {
  readonly title: string;
  /** Whether it is in the trash. */
  readonly deleted: boolean;
  /** The title of the item that it is a part of. */
  readonly of?: string | undefined;
}

export type Changes = ReturnType<typeof createChanges>;

/** The change log, with all that is based on it: undo, trash, activity, live updates. */
export function createChanges(
  db: Database,
  idempotency: Pick<Idempotency, "once">,
  policy: { readonly assertMay: AssertMay; readonly may: May },
  { changeLogDays }: Pick<Config, "changeLogDays">,
) {
  /** Returns the time from which changes are kept; undefined for all. */
  const keptFrom = () => (changeLogDays > 0 ? new Date(Date.now() - changeLogDays * DAY_MS) : undefined);

  const registry = new Map<EntityName, Items<EntityRow>>();
  /** Returns the fields of an entity that can be long texts. */
  function longFieldsOf(name: EntityName): LongFields | undefined {
    const entity = registry.get(name)?.entity;
    if (!entity) return undefined;
    return { table: entity.table, names: Object.keys(entity.fields).filter((field) => entity.fields[field]?.long) };
  }
  const record = createRecord(db, longFieldsOf);
  const log = createChangeLog(db, longFieldsOf, keptFrom);
  const { undo, undoable } = createUndo(db, log, (entity) => registry.get(entity), policy, idempotency);

  /** Returns the entities whose items are parts of another's. */
  const partsOf = (name: EntityName) =>
    [...registry.values()].map(({ entity }) => entity).filter(({ partOf }) => partOf?.entity === name);

  return {
    ...log,
    record,
    undoable,

    /**
     * Returns a page of the changes that the actor sees, or of those to one task or in one project, newest first.
     * @throws AppError `notFound` for a task or project that the actor does not see
     */
    async listChanges(actor: Actor, query: ChangeQuery = {}): Promise<ChangePage> {
      const page = await log.listChanges(actor, query);
      const { task } = query;
      if (task === undefined || page.items.length > 0) return page;
      const found = await registry.get("task")?.getAny(db.read, actor, [task]);
      if (!found?.has(task)) throw new AppError("notFound", "There is no such task.");
      return page;
    },

    /** Registers an entity. @returns how its items are created and revised */
    register<Row extends EntityRow>(entity: Entity<Row>): Items<Row> {
      const items = createItems(db, record, policy.assertMay, entity, partsOf);
      registry.set(entity.name, items as unknown as Items<EntityRow>);
      return items;
    },

    /**
     * Undoes the action that a change belongs to. The undo is an action too, and can be undone.
     * @param repeat makes a repeated request get the first result
     * @throws AppError `notFound`; `conflict` if something newer would be overwritten, or nothing is left to undo
     */
    undo: (actor: Actor, changeId: number, repeat?: Repeatable): Promise<Undone> => undo(actor, changeId, repeat),

    /** Returns whether the action that a change belongs to can be undone as things are now. */
    async canUndo(actor: Actor, changeId: number): Promise<boolean> {
      const action = await log.actionOf(db.read, actor, changeId);
      const each = await undoable(actor, action);
      return action.length > 0 && action.every(({ id }) => each.has(id));
    },

    /** Returns the items that the changes are about, by id, as far as they still exist. */
    async itemsOf(
      actor: Actor,
      changes: readonly Pick<Change, "entity" | "entityId">[],
    ): Promise<ReadonlyMap<string, ItemSummary>> {
      const summaries = new Map<string, ItemSummary>();
      for (const [entity, group] of Map.groupBy(changes, (change) => change.entity)) {
        const items = registry.get(entity);
        if (!items) continue;
        const ids = group.map(({ entityId }) => entityId);
        const rows = await items.getAny(db.read, actor, ids);
        const { partOf } = items.entity;
        const wholes = partOf && registry.get(partOf.entity);
        const found = wholes && (await wholes.getAny(db.read, actor, [...rows.values()].map(partOf.idOf)));
        for (const [id, row] of rows) {
          const whole = partOf && found?.get(partOf.idOf(row));
          summaries.set(id, {
            title: items.entity.title(row),
            deleted: row.deletedAt !== null || (whole?.deletedAt ?? null) !== null,
            of: whole && wholes?.entity.title(whole),
          });
        }
      }
      return summaries;
    },

    /** Describes in words what a change did besides what its verb says. */
    describe({ entity, verb, before, after }: Change, calendar: Calendar, names: ReadonlyMap<string, string>): string {
      const items = registry.get(entity);
      if (!items || !before || !after) return "";
      // Completing a repeating item moves its date.
      const isDescribed = verb === "update" || (verb !== "delete" && verb !== "restore" && !("completed" in after));
      return isDescribed ? describeUpdate(items.entity, before, after, calendar, names) : "";
    },

    /** Removes changes that are older than the configuration says. @returns how many */
    async prune(): Promise<number> {
      const from = keptFrom();
      return from ? pruneChanges(db, from) : 0;
    },

    /** Removes what has been in the trash for over 30 days. @returns how many items */
    async purgeTrash(): Promise<number> {
      let total = 0;
      for (const { entity } of registry.values()) total += await purgeTrash(db, record, entity, partsOf(entity.name));
      return total;
    },
  };
}

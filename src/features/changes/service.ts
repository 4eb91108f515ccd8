import type { Actor } from "../../actor.ts";
import type { Database } from "../../db/database.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import { describeUpdate, type Entity, type EntityRow } from "./entity.ts";
import { createItems, type Items } from "./items.ts";
import { createChangeLog } from "./log.ts";
import type { Change, EntityName } from "./model.ts";
import { createRecord } from "./record.ts";
import { purgeTrash } from "./trash.ts";
import { createUndo, type Undone } from "./undo.ts";

export interface ItemSummary {
  readonly title: string;
  /** Whether it is in the trash. */
  readonly deleted: boolean;
}

export type Changes = ReturnType<typeof createChanges>;

/** The change log, with all that is based on it: undo, trash, activity, live updates. */
export function createChanges(db: Database, { once }: Pick<Idempotency, "once">) {
  const registry = new Map<EntityName, Items<EntityRow>>();
  const record = createRecord(db);
  const log = createChangeLog(db);
  const { undo, undoable } = createUndo(db, log, (entity) => registry.get(entity));

  return {
    ...log,
    record,
    undoable,

    /** Registers an entity. @returns how its items are created and revised */
    register<Row extends EntityRow>(entity: Entity<Row>): Items<Row> {
      const items = createItems(db, record, entity);
      registry.set(entity.name, items as unknown as Items<EntityRow>);
      return items;
    },

    /**
     * Undoes the action that a change belongs to. The undo is an action too, and can be undone.
     * @param repeat makes a repeated request get the first result
     * @throws AppError `notFound`; `conflict` if something newer would be overwritten, or nothing is left to undo
     */
    async undo(actor: Actor, changeId: number, repeat?: Repeatable): Promise<Undone> {
      return db.write((tx) => once(tx, repeat, () => undo(tx, actor, changeId)), actor.user.id);
    },

    /** Returns the items that the changes are about, by id, as far as they still exist. */
    async itemsOf(actor: Actor, changes: readonly Change[]): Promise<ReadonlyMap<string, ItemSummary>> {
      const summaries = new Map<string, ItemSummary>();
      for (const [entity, group] of Map.groupBy(changes, (change) => change.entity)) {
        const items = registry.get(entity);
        if (!items) continue;
        const ids = group.map(({ entityId }) => entityId);
        for (const [id, row] of await items.getAny(db.read, actor, ids))
          summaries.set(id, { title: items.entity.title(row), deleted: row.deletedAt !== null });
      }
      return summaries;
    },

    /** Describes in words what an update changed; "" for any other change. */
    describe({ entity, verb, before, after }: Change): string {
      const items = registry.get(entity);
      return items && verb === "update" && before && after ? describeUpdate(items.entity, before, after) : "";
    },

    /** Removes what has been in the trash for over 30 days. @returns how many items */
    async purgeTrash(): Promise<number> {
      let total = 0;
      for (const { entity } of registry.values()) total += await purgeTrash(db, record, entity);
      return total;
    },
  };
}

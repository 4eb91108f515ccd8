import type { Actor } from "../../actor.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import { AppError } from "../../errors.ts";
import { type EntityRow, labelOf } from "./entity.ts";
import type { Items } from "./items.ts";
import type { ChangeLog } from "./log.ts";
import type { Change, EntityName } from "./model.ts";

/** What an undo has done. Survives JSON, as a repeated request gets it again. */
export interface Undone {
  readonly entity: EntityName;
  readonly ids: readonly string[];
  /** Whether one of them is in the trash now. */
  readonly gone: boolean;
  /** The change that takes the undo back. */
  readonly change: number | undefined;
}

/** How the features show items that an undo has changed. */
export interface UndoView {
  /** Returns the page that a plain form returns to. */
  back(request: Request, undone?: Undone): string;
  /** Returns the changed items for htmx, with a message. */
  render(actor: Actor, request: Request, undone: Undone, message: string): Promise<JSX.Element>;
}

type AnyItems = Items<EntityRow>;

/** Takes actions back: each field gets the value that it had, unless that would overwrite something newer. */
export function createUndo(db: Database, log: ChangeLog, itemsOf: (entity: EntityName) => AnyItems | undefined) {
  /**
   * @param changeId any change of the action
   * @throws AppError `notFound`; `conflict` if something newer would be overwritten, or nothing is left to undo
   */
  async function undo(tx: Writer, actor: Actor, changeId: number): Promise<Undone> {
    const action = await log.actionOf(tx, actor.user.id, changeId);
    const [first] = action;
    if (!first) throw new AppError("notFound", "There is no such change.");
    const items = itemsOf(first.entity);
    if (!items || first.verb === "purge") throw new AppError("conflict", "This can't be undone.");
    const ids = action.map(({ entityId }) => entityId);
    const rows = await items.getAny(tx, actor, ids);
    const newest = action.at(-1)?.id ?? first.id;
    const { inForce, undone } = inForceSince(first.actionId, await log.changesSince(tx, actor.user.id, ids, newest));
    if (undone) throw new AppError("conflict", "This was already undone.");
    for (const change of action) {
      const row = rows.get(change.entityId);
      const obstacle = obstacleTo(items, change, inForce, row);
      if (obstacle === undefined) continue;
      const title = row ? `“${items.entity.title(row)}”: ` : "";
      throw new AppError("conflict", `${title}${obstacle}. Undoing would overwrite that, so nothing was changed.`);
    }
    const now = new Date().toISOString();
    const patches = action.flatMap(({ entityId, before }) => {
      const row = rows.get(entityId);
      // What was new goes to the trash.
      return row ? [[row, before ?? { deletedAt: now }] as const] : [];
    });
    const result = await items.applyAll(tx, actor, patches, first.actionId);
    return {
      entity: first.entity,
      ids,
      gone: result.rows.some(({ deletedAt }) => deletedAt !== null),
      change: result.change,
    };
  }

  /** Returns the ids of the changes that can be undone as things are now, each by itself. */
  async function undoable(reader: Reader, actor: Actor, changes: readonly Change[]): Promise<ReadonlySet<number>> {
    const ids = new Set<number>();
    for (const [entity, group] of Map.groupBy(changes, (change) => change.entity)) {
      const items = itemsOf(entity);
      const candidates = group.filter(({ verb }) => verb !== "purge");
      if (!items || candidates.length === 0) continue;
      const entityIds = [...new Set(candidates.map(({ entityId }) => entityId))];
      const oldest = Math.min(...candidates.map(({ id }) => id));
      const [rows, since] = await Promise.all([
        items.getAny(reader, actor, entityIds),
        log.changesSince(reader, actor.user.id, entityIds, oldest),
      ]);
      for (const change of candidates) {
        const newer = since.filter(({ id, actionId }) => id > change.id && actionId !== change.actionId);
        const { inForce, undone } = inForceSince(change.actionId, newer);
        if (!undone && obstacleTo(items, change, inForce, rows.get(change.entityId)) === undefined) ids.add(change.id);
      }
    }
    return ids;
  }

  return { undo, undoable: (actor: Actor, changes: readonly Change[]) => undoable(db.read, actor, changes) };
}

/**
 * Returns which of the newer changes are in force, and whether the action itself was undone. A change is not in force
 * if it was undone, and neither is the change that undid it.
 * @param newer changes since the action, newest first
 */
function inForceSince(actionId: number, newer: readonly Change[]): { inForce: Change[]; undone: boolean } {
  const actions = new Set(newer.map((change) => change.actionId));
  const takenBack = new Set<number>();
  let undone = false;
  const inForce = newer.filter((change) => {
    if (takenBack.has(change.actionId)) return false;
    if (change.undoes === actionId) undone = true;
    else if (change.undoes === null || !actions.has(change.undoes)) return true;
    else takenBack.add(change.undoes);
    return false;
  });
  return { inForce, undone };
}

/** Returns why undoing a change would overwrite something newer, or undefined if it would not. */
function obstacleTo(
  { entity }: AnyItems,
  { entityId, before, after }: Change,
  inForce: readonly Change[],
  row: EntityRow | undefined,
): string | undefined {
  if (!row) return "it was removed from the trash";
  if (row.deletedAt !== null && !after?.deletedAt) return "it is in the trash";
  const touched = inForce.filter((change) => change.entityId === entityId).flatMap(fieldsOf);
  const field = fieldsOf({ before, after }).find((each) => touched.includes(each));
  if (field === undefined) return undefined;
  if (field !== "deletedAt") return `its ${labelOf(entity, field)} has changed since`;
  return row.deletedAt === null ? "it is no longer in the trash" : "it was deleted again since";
}

const fieldsOf = ({ before, after }: Pick<Change, "before" | "after">) => Object.keys(after ?? before ?? {});

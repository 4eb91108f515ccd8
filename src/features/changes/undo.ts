import type { Actor } from "../../actor.ts";
import type { Calendar } from "../../calendar.ts";
import { BATCH_SIZE, inChunks } from "../../chunks.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import { AppError } from "../../errors.ts";
import { type EntityRow, isOthers, labelOf } from "./entity.ts";
import type { AssertMay, Items } from "./items.ts";
import { type ChangeLog, oneOfEach } from "./log.ts";
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
  render(actor: Actor, request: Request, undone: Undone, message: string, calendar: Calendar): Promise<JSX.Element>;
}

/** Returns whether an actor may do something in a project, as far as it was known when the request came. */
export type May = (actor: Actor, permission: "edit" | "manage", projectId: string) => boolean;

/** An action of more changes is undone in batches. */
const MAX_ATOMIC = 1000;

type AnyItems = Items<EntityRow>;

/** Takes actions back: each field gets the value that it had, unless that would overwrite something newer. */
export function createUndo(
  db: Database,
  log: ChangeLog,
  itemsOf: (entity: EntityName) => AnyItems | undefined,
  policy: { readonly assertMay: AssertMay; readonly may: May },
  { once }: Pick<Idempotency, "once">,
) {
  /**
   * Returns the patches that take changes of one action back.
   * @throws AppError `notFound`; `forbidden` if the actor may not change one of the projects; `conflict` if something newer would be overwritten, or nothing is left to undo
   */
  async function patchesFor(reader: Reader, actor: Actor, changes: readonly Change[]) {
    if (changes.length === 0) throw new AppError("notFound", "There is no such change.");
    const all: Awaited<ReturnType<typeof patchesForSome>>[] = [];
    for (const group of byEntity(changes)) all.push(await patchesForSome(reader, actor, group));
    return all;
  }

  /** Returns the patches for items of one entity. Throws like `patchesFor`. */
  async function patchesForSome(reader: Reader, actor: Actor, changes: readonly Change[]) {
    const first = changes[0] as Change;
    const items = itemsOf(first.entity);
    if (!items || first.verb === "purge") throw new AppError("conflict", "This can't be undone.");
    const { scope, permission, author, name } = items.entity;
    if (author && changes.some(({ after, actorId }) => after?.deletedAt && actorId !== actor.user.id))
      throw new AppError("forbidden", `Only the account that deleted a ${name} can bring it back.`);
    const projectIds = changes.map(({ projectId }) => projectId);
    await policy.assertMay(reader, actor, permission, projectIds, { inTrash: scope === "id" });
    const ids = [...new Set(changes.map(({ entityId }) => entityId))];
    const rows = await items.getAny(reader, actor, ids);
    const newest = changes.at(-1)?.id ?? first.id;
    const since = await log.changesSince(reader, ids, newest);
    const { inForce, undone } = inForceSince(first.actionId, since);
    if (undone) throw new AppError("conflict", "This was already undone.");
    const newerOf = Map.groupBy(inForce, ({ entityId }) => entityId);
    for (const change of changes) {
      const row = rows.get(change.entityId);
      const obstacle = obstacleTo(items, change, newerOf.get(change.entityId) ?? [], row);
      if (obstacle === undefined) continue;
      const title = row ? `“${items.entity.title(row)}”: ` : "";
      throw new AppError("conflict", `${title}${obstacle}. Undoing would overwrite that, so nothing was changed.`);
    }
    const now = new Date().toISOString();
    const patches = oneOfEach(changes).flatMap(({ entityId, before }) => {
      const row = rows.get(entityId);
      // What was new goes to the trash.
      return row ? [[row, before ?? { deletedAt: now }] as const] : [];
    });
    return { items, undoes: first.actionId, entity: first.entity, ids, patches };
  }

  /** @param begun the undo that these changes are a part of, if it has begun */
  async function undoChanges(tx: Writer, actor: Actor, changes: readonly Change[], begun?: number): Promise<Undone> {
    const groups = await patchesFor(tx, actor, changes);
    let [change, gone] = [begun, false];
    for (const { items, undoes, patches } of groups) {
      const applied = await items.applyAll(tx, actor, patches, { undoes, action: change });
      change = applied.change;
      gone ||= applied.rows.some(({ deletedAt }) => deletedAt !== null);
    }
    const { entity = "task" } = groups[0] ?? {};
    return { entity, ids: groups.flatMap(({ ids }) => ids), gone, change };
  }

  /** Returns the projects that an undo writes to: those of the changes, and those where the items are and were. */
  async function projectsOf(changes: readonly Change[], actor: Actor): Promise<string[]> {
    const found = new Set([actor.user.id]);
    for (const { projectId, before } of changes)
      for (const each of [projectId, before?.projectId ?? projectId]) found.add(String(each));
    for (const [entity, group] of Map.groupBy(changes, (change) => change.entity)) {
      const ids = [...new Set(group.map(({ entityId }) => entityId))];
      for (const each of (await itemsOf(entity)?.projectsOfAll(ids, actor)) ?? []) found.add(each);
    }
    return [...found];
  }

  /**
   * Undoes an action. One of many changes is checked as a whole and then undone in batches, so that other writes run in
   * between; an undo that is interrupted can be undone itself.
   * @param changeId any change of the action
   * @param repeat makes a repeated request get the first result
   * @throws AppError `notFound`; `conflict` if something newer would be overwritten, or nothing is left to undo
   */
  async function undo(actor: Actor, changeId: number, repeat: Repeatable | undefined): Promise<Undone> {
    const action = await log.actionOf(db.read, actor, changeId);
    if (action.length <= MAX_ATOMIC) {
      return db.write(
        (tx) => once(tx, repeat, async () => undoChanges(tx, actor, await log.actionOf(tx, actor, changeId))),
        ...(await projectsOf(action, actor)),
      );
    }
    const ids = [...new Set(action.map(({ entityId }) => entityId))];
    let undone: Undone | undefined;
    try {
      for await (const part of inChunks(action)) await patchesFor(db.read, actor, part);
    } catch (error) {
      // The first request may have undone it.
      return db.write((tx) => once(tx, repeat, () => Promise.reject(error)), actor.user.id);
    }
    for await (const part of inChunks(byEntity(action).flat(), BATCH_SIZE)) {
      const begun = undone?.change;
      const result = await db.write(
        (tx) =>
          once(tx, begun ? undefined : repeat, async () => ({ ...(await undoChanges(tx, actor, part, begun)), ids })),
        ...(await projectsOf(part, actor)),
      );
      undone ??= result;
    }
    return undone as Undone;
  }

  /** Returns the ids of the changes that can be undone as things are now, each by itself. */
  async function undoable(reader: Reader, actor: Actor, changes: readonly Change[]): Promise<ReadonlySet<number>> {
    const ids = new Set<number>();
    for (const [entity, group] of Map.groupBy(changes, (change) => change.entity)) {
      const items = itemsOf(entity);
      if (!items) continue;
      const { entity: registered } = items;
      const candidates = group.filter(
        ({ verb, projectId, at }) =>
          verb !== "purge" && !log.isOld(at) && policy.may(actor, registered.permission, projectId),
      );
      if (candidates.length === 0) continue;
      const entityIds = [...new Set(candidates.map(({ entityId }) => entityId))];
      const oldest = Math.min(...candidates.map(({ id }) => id));
      const [rows, since] = await Promise.all([
        items.getAny(reader, actor, entityIds),
        log.changesSince(reader, entityIds, oldest),
      ]);
      for (const change of candidates) {
        const row = rows.get(change.entityId);
        const isDeletion = change.before === null || fieldsOf(change).join() === "deletedAt";
        if (row && isOthers(registered, row, actor.user.id))
          if (!isDeletion || !policy.may(actor, "manage", change.projectId)) continue;
        const newer = since.filter(({ id, actionId }) => id > change.id && actionId !== change.actionId);
        const { inForce, undone } = inForceSince(change.actionId, newer);
        if (!undone && obstacleTo(items, change, inForce, row) === undefined) ids.add(change.id);
      }
    }
    return ids;
  }

  return { undo, undoable: (actor: Actor, changes: readonly Change[]) => undoable(db.read, actor, changes) };
}

/** Returns changes by entity. What changed last comes first: a section is restored before its tasks. */
const byEntity = (changes: readonly Change[]): Change[][] =>
  [...Map.groupBy(changes, ({ entity }) => entity).values()].reverse();

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
  if (field !== "deletedAt") return `its ${labelOf(entity, field)} changed since`;
  return row.deletedAt === null ? "it is no longer in the trash" : "it was deleted again since";
}

const fieldsOf = ({ before, after }: Pick<Change, "before" | "after">) => Object.keys(after ?? before ?? {});

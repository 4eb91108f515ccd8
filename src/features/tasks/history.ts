import type { Change, Values, Verb } from "../changes/model.ts";
import type { Entry } from "../changes/service.ts";
import { searchKey, type Task } from "./model.ts";
import type { Row } from "./rows.ts";

/** What of a task the changes tell, in the words of the API. */
const valuesOf = (row: Row) => ({
  title: row.title,
  description: row.description,
  priority: row.priority,
  completed: row.completedAt !== null,
  completedAt: row.completedAt?.toISOString() ?? null,
  deletedAt: row.deletedAt?.toISOString() ?? null,
});
type TaskValues = ReturnType<typeof valuesOf>;
type Field = keyof TaskValues;

/** What a field is called where somebody reads of it. */
const FIELD_NAMES: Record<Field, string> = {
  title: "title",
  description: "description",
  priority: "priority",
  completed: "completion",
  completedAt: "completion",
  deletedAt: "place",
};

/** @returns the change from one row to the other; from nothing, that of a new task */
export function entryOf(before: Row | undefined, after: Row): Entry {
  const now = valuesOf(after);
  if (!before) return { entity: "task", entityId: after.id, verb: "create", before: null, after: now };
  const then = valuesOf(before);
  const touched = (Object.keys(now) as Field[]).filter((field) => then[field] !== now[field]);
  return {
    entity: "task",
    entityId: after.id,
    verb: verbOf(touched, now),
    before: pick(then, touched),
    after: pick(now, touched),
  };
}

const pick = (values: TaskValues, fields: Field[]): Values =>
  Object.fromEntries(fields.map((field) => [field, values[field]]));

function verbOf(touched: Field[], now: TaskValues): Verb {
  if (touched.includes("deletedAt")) return now.deletedAt === null ? "restore" : "delete";
  if (touched.every((field) => FIELD_NAMES[field] === "completion")) return now.completed ? "complete" : "reopen";
  return "update";
}

/**
 * What has happened since an action and still stands: an action that was taken back does not, nor what took it back.
 * @param newer changes since then, newest first
 * @returns those that stand, and whether the action itself was taken back
 */
export function standing(actionId: number, newer: readonly Change[]): { live: Change[]; undone: boolean } {
  const actions = new Set(newer.map((change) => change.actionId));
  const takenBack = new Set<number>();
  let undone = false;
  const live = newer.filter((change) => {
    if (takenBack.has(change.actionId)) return false;
    if (change.undoes === actionId) undone = true;
    else if (change.undoes === null || !actions.has(change.undoes)) return true;
    else takenBack.add(change.undoes);
    return false;
  });
  return { live, undone };
}

/**
 * @param newer what has happened since and still stands
 * @returns why taking the change back would overwrite something newer, or undefined when it would not
 */
export function newerThan({ entityId, after }: Change, newer: readonly Change[], row: Row | undefined) {
  if (!row) return "it has left the trash for good";
  if (row.deletedAt !== null && !after?.deletedAt) return "it is in the trash";
  const touched = newer.filter((change) => change.entityId === entityId).flatMap(fieldsOf);
  const field = (Object.keys(after ?? {}) as Field[]).find((each) => touched.includes(each));
  if (field === undefined) return undefined;
  if (field !== "deletedAt") return `its ${FIELD_NAMES[field]} was changed since`;
  return row.deletedAt === null ? "it is no longer in the trash" : "it was deleted again since";
}

const fieldsOf = ({ before, after }: Change) => Object.keys(after ?? before ?? {}) as Field[];

/** @returns the columns that make a task what it was before a change; what was new goes to the trash */
export function columnsBefore({ before }: Change, now: Date): Partial<Row> {
  if (before === null) return { deletedAt: now };
  const { title, description, priority, completedAt, deletedAt } = before as Partial<TaskValues>;
  return {
    ...(title !== undefined && { title, titleKey: searchKey(title) }),
    ...(description !== undefined && { description, descriptionKey: searchKey(description) }),
    ...(priority !== undefined && { priority: priority as Task["priority"] }),
    ...(completedAt !== undefined && { completedAt: instant(completedAt) }),
    // Back in the trash it waits its whole time again.
    ...(deletedAt !== undefined && { deletedAt: deletedAt === null ? null : now }),
  };
}

const instant = (text: string | null) => (text === null ? null : new Date(text));

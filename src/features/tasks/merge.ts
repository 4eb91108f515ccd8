import { diff3Merge } from "node-diff3";
import type { Actor } from "../../actor.ts";
import { isSame } from "../changes/entity.ts";
import type { FieldValue } from "../changes/model.ts";
import type { Changes } from "../changes/service.ts";
import type { Task, TaskPatch } from "./model.ts";

/** Changes that an edit can be behind: beyond that, both versions are shown. */
const MAX_BEHIND = 50;
/** Pairs of equal lines that are compared to merge notes. Their number says how long that takes. */
const MAX_PAIRS = 2000;

/** Returns a text with both edits of the same base, or undefined if they change the same lines. */
export function mergeLines(base: string, mine: string, theirs: string): string | undefined {
  const texts = [mine, base, theirs].map((text) => text.replaceAll("\r\n", "\n").split("\n"));
  // What all of them begin and end with needs no comparison.
  const shared = (at: (lines: string[], index: number) => string | undefined, most: number) => {
    let count = 0;
    while (count < most && new Set(texts.map((each) => at(each, count))).size === 1) count++;
    return count;
  };
  const shortest = Math.min(...texts.map(({ length }) => length));
  const start = shared((each, index) => each[index], shortest);
  const end = shared((each, index) => each.at(-1 - index), shortest - start);
  const [one = [], original = [], other = []] = texts.map((each) => each.slice(start, each.length - end));
  if (pairsOf(one, original) + pairsOf(other, original) > MAX_PAIRS) return undefined;
  const lines = (texts[0] ?? []).slice(0, start);
  for (const { ok, conflict } of diff3Merge(one, original, other, { excludeFalseConflicts: true })) {
    const merged = ok ?? (conflict && mergeEach(conflict.o, conflict.a, conflict.b));
    if (!merged) return undefined;
    lines.push(...merged);
  }
  return [...lines, ...(end > 0 ? (texts[0] ?? []).slice(-end) : [])].join("\n");
}

/** Merges lines one by one, as where neighbours were changed, such as two boxes of a list. */
function mergeEach(base: string[], mine: string[], theirs: string[]): string[] | undefined {
  if (mine.length !== base.length || theirs.length !== base.length) return undefined;
  const isBoth = (line: string, index: number) => mine[index] !== line && theirs[index] !== line;
  if (base.some((line, index) => isBoth(line, index) && mine[index] !== theirs[index])) return undefined;
  return base.map((line, index) => (mine[index] === line ? (theirs[index] ?? "") : (mine[index] ?? "")));
}

function pairsOf(one: readonly string[], other: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of other) counts.set(line, (counts.get(line) ?? 0) + 1);
  return one.reduce((sum, line) => sum + (counts.get(line) ?? 0), 0);
}

/** Returns how edits that were made from an older version of a task are reconciled with what has changed since. */
export function createMerge({ listChanges }: Pick<Changes, "listChanges">) {
  /**
   * Returns the fields of a task that have changed since a version, with the values that they had, or undefined if that is
   * not known.
   */
  async function changedSince(actor: Actor, id: string, version: number, seen: number) {
    const behind = version - seen;
    if (!(seen >= 1 && behind > 0 && behind <= MAX_BEHIND)) return undefined;
    // Moving a task is one change in two logs.
    const { items } = await listChanges(actor, { task: id, limit: behind * 2 });
    const newest = items.filter(
      ({ actionId }, index) => items.findIndex((each) => each.actionId === actionId) === index,
    );
    const since = newest.slice(0, behind);
    if (since.length < behind || since.some(({ before }) => before === null)) return undefined;
    return Object.assign({}, ...since.map(({ before }) => before)) as Record<string, FieldValue>;
  }

  return {
    /**
     * Returns what is left of an edit that was made from an older version: fields that the edit did not change stay as they
     * are now, and notes are merged line by line. Undefined if both changed the same field, or the same lines.
     */
    async reconcile(
      actor: Actor,
      { task, version }: { task: Task; version: number },
      patch: TaskPatch,
      seen: number,
    ): Promise<TaskPatch | undefined> {
      const before = await changedSince(actor, task.id, version, seen);
      if (!before) return undefined;
      const merged: Record<string, unknown> = {};
      for (const [name, value] of Object.entries(patch) as [keyof Task & keyof TaskPatch, FieldValue][]) {
        const [then, now] = [before[name], task[name] as FieldValue];
        // Another has completed this occurrence: the edit is not about the next one.
        if (name === "completed" && value && before.lastCompletedAt !== undefined) return undefined;
        if (then === undefined) merged[name] = value;
        else if (isSame(value, now) || isSame(value, then)) continue;
        else if (name !== "description") return undefined;
        else merged.description = mergeLines(String(then), String(value), String(now));
        if (merged[name] === undefined) return undefined;
      }
      return merged;
    },

    /** Returns the fields that an edit has changed since its version; all of its fields if that version is not known. */
    async ownFields(
      actor: Actor,
      { task, version }: { task: Task; version: number },
      patch: TaskPatch,
      seen: number,
    ): Promise<string[]> {
      const before = seen === version ? {} : await changedSince(actor, task.id, version, seen);
      const then: Record<string, unknown> | undefined = before && { ...task, ...before };
      return Object.entries(patch).flatMap(([name, value]) =>
        then && isSame(value as FieldValue, then[name] as FieldValue) ? [] : [name],
      );
    },

    /** Returns the notes of a task as they were in a version, or undefined if that is not known. */
    async notesAt(actor: Actor, { task, version }: { task: Task; version: number }, seen: number) {
      if (seen === version) return task.description;
      const before = await changedSince(actor, task.id, version, seen);
      return before && String(before.description ?? task.description);
    },
  };
}

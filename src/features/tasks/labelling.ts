import type { Actor } from "../../actor.ts";
import { BATCH_SIZE } from "../../chunks.ts";
import type { Database, Reader } from "../../db/database.ts";
import { AppError } from "../../errors.ts";
import { fold } from "../../text/fold.ts";
import { invalid } from "../../validation/check.ts";
import type { Items } from "../changes/items.ts";
import { may, projectsOfList } from "../projects/access.ts";
import { labelsOf, type Row, uniqueLabels } from "./entity.ts";
import type { createLabels, UsedLabel } from "./labels.ts";
import { type Label, MAX_LABELS, MAX_TASK_LABELS } from "./model.ts";

/** What a change does to the labels of tasks. */
export interface LabelEdit {
  readonly labels?: string[] | undefined;
  readonly addLabel?: string | undefined;
  readonly removeLabel?: string | undefined;
}

/** Returns the fields of a bulk action for one task. @throws AppError `invalid` if it has as many labels as it can */
export function relabelled(row: Row, { addLabel, removeLabel, ...fields }: LabelEdit): object {
  if (removeLabel !== undefined)
    return { ...fields, labels: labelsOf(row).filter((each) => fold(each) !== fold(removeLabel.trim())) };
  if (addLabel === undefined) return fields;
  const labels = uniqueLabels([...labelsOf(row), addLabel]);
  if (labels.length <= MAX_TASK_LABELS) return { ...fields, labels };
  const message = `“${row.title}” has ${MAX_TASK_LABELS} labels already. Remove one of them first.`;
  throw invalid([{ path: "/label", rule: "items", message }]);
}

/** The rules of labels: an account has those of its tasks, and each is written in one way. */
export function createLabelling(
  db: Database,
  labels: ReturnType<typeof createLabels>,
  items: Pick<Items<Row>, "applyAll" | "getAll">,
) {
  /** Returns the labels in all projects of an actor, archived ones included. */
  const usedBy = ({ access }: Actor, reader?: Reader) =>
    labels.read(
      [...access.projects].flatMap(([id, { deleted }]) => (deleted ? [] : [id])),
      reader,
    );

  /** Gives the tasks with a label another one, or none, as one action in batches: those that the actor may edit. */
  async function relabel(actor: Actor, label: UsedLabel, to?: string) {
    const key = fold(label.name);
    const projectIds = [...label.projects.keys()].filter((id) => may(actor, "edit", id));
    if (projectIds.length === 0)
      throw new AppError(
        "forbidden",
        "You may only view the projects with this label. Ask an owner to make you an editor.",
      );
    const patch = (row: Row) => ({
      labels: labelsOf(row).flatMap((each) => (fold(each) === key ? (to ?? []) : each)),
    });
    let [changed, change] = [0, undefined as number | undefined];
    for (const projectId of projectIds)
      for (let ids: string[] | undefined; !ids || ids.length === BATCH_SIZE; ) {
        ids = await labels.tasksWith(projectId, key, ids?.at(-1) ?? "", BATCH_SIZE);
        const batch = ids;
        const applied = await db.write(async (tx) => {
          const rows = await items.getAll(tx, actor, batch);
          return items.applyAll(
            tx,
            actor,
            rows.map((row) => [row, patch(row)]),
            { action: change },
          );
        }, projectId);
        changed += applied.changed;
        change = applied.change;
        await new Promise(setImmediate);
      }
    return { changed, change };
  }

  /** @throws AppError `notFound` */
  async function find(actor: Actor, name: string) {
    const used = await usedBy(actor);
    const label = used.get(fold(name.trim()));
    if (!label) throw new AppError("notFound", "There is no such label.");
    return { used, label };
  }

  return {
    /**
     * Returns fields with the labels as they are written already, in the transaction that sets them.
     * @throws AppError `conflict` if the account would have too many
     */
    async spelled<Fields extends object>(
      tx: Reader,
      actor: Actor,
      fields: Fields & LabelEdit,
    ): Promise<Fields & LabelEdit> {
      const { labels: wanted = [], addLabel } = fields;
      const names = addLabel === undefined ? wanted : [addLabel];
      if (names.length === 0) return fields;
      const used = await usedBy(actor, tx);
      const added = new Set(names.map((name) => fold(name.trim())).filter((key) => !used.has(key)));
      if (added.size > 0 && used.size + added.size > MAX_LABELS)
        throw new AppError("conflict", "You can have at most 1,000 labels. Remove some of them first.");
      const written = names.map((name) => used.get(fold(name.trim()))?.name ?? name);
      return { ...fields, ...(addLabel === undefined ? { labels: written } : { addLabel: written[0] }) };
    },

    /** Returns the labels of the projects that are not archived, from A to Z. */
    async listLabels(actor: Actor): Promise<Label[]> {
      const used = [...(await labels.read(projectsOfList(actor)))].sort(([one], [other]) => (one < other ? -1 : 1));
      return used.map(([, { name, open, completed }]) => ({ name, open, completed }));
    },

    /** Returns a name as it is written already, whether it is used or not. */
    labelName: async (actor: Actor, name: string): Promise<string> =>
      (await usedBy(actor)).get(fold(name.trim()))?.name ?? name,

    /**
     * Renames a label on every task that the actor may edit. If the new name is a label already, they become one.
     * @throws AppError `notFound`; `forbidden`
     */
    async renameLabel(actor: Actor, name: string, to: string) {
      const { used, label } = await find(actor, name);
      const key = fold(to.trim());
      // Another way to write the same label is a change, too.
      const written = key === fold(label.name) ? to.trim() : (used.get(key)?.name ?? to.trim());
      const done = await relabel(actor, label, written);
      const { open = 0, completed = 0 } = (await usedBy(actor)).get(key) ?? {};
      return { label: { name: written, open, completed }, ...done };
    },

    /** Removes a label from every task that the actor may edit. Throws like `renameLabel`. */
    async deleteLabel(actor: Actor, name: string) {
      const { label } = await find(actor, name);
      return { label, ...(await relabel(actor, label)) };
    },
  };
}

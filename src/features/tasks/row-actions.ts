import type { Actor } from "../../actor.ts";
import { isFragment } from "../../http/htmx.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import type { Verb } from "../changes/model.ts";
import type { ChangedTask } from "./model.ts";
import type { Tasks } from "./service.ts";

/**
 * Returns the actions of the forms in a row. A list has two forms for each task, so these have no key: a plain form that
 * is sent twice is recognized by the change that it made.
 */
export function createRowActions(tasks: Tasks) {
  const changeMade = async (actor: Actor, request: Request, id: string, verb: Verb) =>
    isFragment(request) ? undefined : tasks.lastChange(actor, id, verb);

  return {
    /** @param occurrence the due date that the form showed: a repeating task that has moved on is not completed twice */
    async completeTask(
      actor: Actor,
      request: Request,
      id: string,
      completed: boolean,
      occurrence?: string,
    ): Promise<ChangedTask> {
      if (completed && occurrence) {
        const before = await tasks.getTask(actor, id);
        if (before.task.dueDate !== occurrence)
          return { ...before, change: await changeMade(actor, request, id, "complete") };
      }
      const repeat = idempotencyKey(request, actor.user.id, completed);
      const updated = await tasks.updateTask(actor, id, { completed }, undefined, repeat);
      const verb = completed ? "complete" : "reopen";
      return { ...updated, change: updated.change ?? (await changeMade(actor, request, id, verb)) };
    },

    async deleteTask(
      actor: Actor,
      request: Request,
      id: string,
    ): Promise<Pick<ChangedTask, "task" | "change" | "others">> {
      try {
        return await tasks.deleteTask(actor, id, undefined, idempotencyKey(request, actor.user.id, null));
      } catch (error) {
        const task = await tasks.findDeleted(actor, id);
        const change = task && (await changeMade(actor, request, id, "delete"));
        if (!task || change === undefined) throw error;
        return { task, change };
      }
    },
  };
}

import { Elysia } from "elysia";
import { ListUpdate } from "../../../views/tasks/list-update.tsx";
import { TaskPanel } from "../../../views/tasks/panel.tsx";
import { formBody } from "../../http/body.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import type { Pages } from "../../http/pages.ts";
import type { Sessions } from "../../http/session.ts";
import { check } from "../../validation/check.ts";
import { shortTitle, taskFields, viewBehind } from "./forms.ts";
import { createListUpdates, type TaskServices } from "./list-updates.tsx";
import { TaskInput } from "./model.ts";
import { isTree, openUrl, viewUrl } from "./view.ts";

/** The forms of the open task that move it, and that add a subtask. */
export function orderPages(services: TaskServices, sessions: Sessions, pages: Pages) {
  const { tasks } = services;
  const { panelOf, listUpdate } = createListUpdates(services, pages);

  return new Elysia({ name: "order-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .post("/tasks/:id/order", async ({ actor, frame: { calendar }, params, request, form, html, set }) => {
      const view = viewBehind(request);
      const direction = form.get("direction") === "up" ? "up" : "down";
      const repeat = idempotencyKey(request, actor.user.id, direction);
      const { task, change } = await tasks.stepTask(actor, params.id, direction, repeat);
      const end = direction === "up" ? "top" : "end";
      const message =
        change === undefined ? `Already at the ${end} of its list.` : `Moved ${direction}: ${shortTitle(task)}`;
      const update = { calendar, tasks: [{ task }], outdated: isTree(view), message, undo: change };
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back: openUrl(task.id, view),
          fragment: async () => <ListUpdate {...(await listUpdate(actor, request, update))} />,
        },
      );
    })
    .post("/tasks/:id/subtasks", async ({ actor, frame: { calendar }, params, request, form, html, set }) => {
      const view = viewBehind(request);
      await tasks.getTask(actor, params.id);
      const input = check(TaskInput, { ...taskFields(form), parentId: params.id });
      const repeat = idempotencyKey(request, actor.user.id, input);
      const { task, change } = await tasks.createTask(actor, input, repeat);
      const parent = await tasks.getTask(actor, params.id);
      const message = `Added: ${shortTitle(task)}`;
      const update = { calendar, tasks: [], outdated: isTree(view), message, undo: change };
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back: openUrl(params.id, view),
          fragment: async () => (
            <>
              <TaskPanel
                {...{ ...parent, calendar, back: viewUrl(view) }}
                {...(await panelOf(actor, parent.task))}
                alongside
              />
              <ListUpdate {...(await listUpdate(actor, request, update))} />
            </>
          ),
        },
      );
    });
}

import { Elysia } from "elysia";
import { dueWords } from "../../../views/tasks/due.tsx";
import { ListUpdate } from "../../../views/tasks/list-update.tsx";
import { TaskPanel } from "../../../views/tasks/panel.tsx";
import { formBody } from "../../http/body.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import type { Pages } from "../../http/pages.ts";
import type { Sessions } from "../../http/session.ts";
import { check } from "../../validation/check.ts";
import { chosenDate, shortTitle, viewBehind } from "./forms.ts";
import { createListUpdates, type TaskServices } from "./list-updates.tsx";
import { TaskPatch } from "./model.ts";
import { openUrl, viewUrl } from "./view.ts";

/** The form that sets only the due date of a task. */
export function duePages(services: TaskServices, sessions: Sessions, pages: Pages) {
  const { tasks } = services;
  const { panelOf, listUpdate } = createListUpdates(services, pages);

  return new Elysia({ name: "due-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .post("/tasks/:id/due", async ({ actor, frame: { calendar }, params, request, form, html, set }) => {
      const view = viewBehind(request);
      const patch = check(TaskPatch, { dueDate: chosenDate(form, calendar) });
      const repeat = idempotencyKey(request, actor.user.id, patch);
      const { task, version, change } = await tasks.updateTask(actor, params.id, patch, undefined, repeat);
      const due = dueWords(task, calendar);
      const message = `${due ? `Due ${due.text}` : "No due date"}: ${shortTitle(task)}`;
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back: openUrl(task.id, view),
          fragment: async () => (
            <>
              <TaskPanel
                {...{ task, version, calendar }}
                {...(await panelOf(actor, task))}
                back={viewUrl(view)}
                alongside
              />
              <ListUpdate
                {...(await listUpdate(actor, request, { calendar, tasks: [{ task }], message, undo: change }))}
              />
            </>
          ),
        },
      );
    });
}

import { Elysia } from "elysia";
import { ListUpdate } from "../../../views/tasks/list-update.tsx";
import { TaskPanel } from "../../../views/tasks/panel.tsx";
import { AppError } from "../../errors.ts";
import { formBody } from "../../http/body.ts";
import type { Pages } from "../../http/pages.ts";
import type { Sessions } from "../../http/session.ts";
import { shortTitle, viewBehind } from "./forms.ts";
import { createListUpdates, type TaskServices } from "./list-updates.tsx";
import { openUrl, viewUrl } from "./view.ts";

/** The form that ticks a box in the notes of a task. */
export function boxPages(services: TaskServices, sessions: Sessions, pages: Pages) {
  const { tasks } = services;
  const { panelOf, listUpdate } = createListUpdates(services, pages);

  return new Elysia({ name: "box-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .post("/tasks/:id/boxes", async ({ actor, frame: { calendar }, params, request, form, html, set }) => {
      const view = viewBehind(request);
      const [, box, state] = /^(\d{1,5}):(on|off)$/.exec(form.get("box") ?? "") ?? [];
      if (box === undefined) throw new AppError("malformed", "Choose a box.");
      const seen = Number(form.get("version"));
      const ticked = await tasks.tickBox(actor, params.id, Number(box), state === "on", seen);
      const { task, version, change } = ticked;
      const message = `${state === "on" ? "Ticked" : "Unticked"}: ${shortTitle(task)}`;
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

import { Elysia } from "elysia";
import { ListUpdate } from "../../../views/tasks/list-update.tsx";
import { formBody } from "../../http/body.ts";
import { plainFormKey } from "../../http/idempotency-key.ts";
import type { Pages } from "../../http/pages.ts";
import type { Sessions } from "../../http/session.ts";
import { truncate } from "../../text/truncate.ts";
import type { ProjectCopies } from "./copies.ts";
import { shortTitle, viewBehind } from "./forms.ts";
import { createListUpdates, type TaskServices } from "./list-updates.tsx";
import { openUrl } from "./view.ts";

/** The forms that duplicate a task or a project. */
export function copiesPages(
  { copies, ...services }: TaskServices & { readonly copies: ProjectCopies },
  sessions: Sessions,
  pages: Pages,
) {
  const { listUpdate } = createListUpdates(services, pages);

  return new Elysia({ name: "copies-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .post("/tasks/:id/duplication", async ({ actor, frame: { calendar }, params, request, form, html, set }) => {
      const repeat = plainFormKey(request, form, actor.user.id, null);
      const { task, change } = await services.tasks.duplicateTask(actor, params.id, repeat);
      const message = `Duplicated: ${shortTitle(task)}`;
      const back = openUrl(task.id, viewBehind(request));
      const link = { label: "Open", href: back };
      const update = { calendar, tasks: [], outdated: true, message, undo: change, link };
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back,
          fragment: async () => <ListUpdate {...(await listUpdate(actor, request, update))} />,
        },
      );
    })
    .post("/projects/:id/duplication", async ({ actor, params, request, form }) => {
      const repeat = plainFormKey(request, form, actor.user.id, null);
      const { project, change } = await copies.duplicateProject(actor, params.id, repeat);
      const message = `Created: ${truncate(project.name, 60, "…")}`;
      return pages.redirectWithMessage(request, `/projects/${project.id}`, message, change);
    });
}

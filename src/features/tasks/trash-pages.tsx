import { Elysia } from "elysia";
import { RestoredRow, TrashPage } from "../../../views/tasks/trash.tsx";
import { formBody } from "../../http/body.ts";
import { plainFormKey } from "../../http/idempotency-key.ts";
import type { Pages } from "../../http/pages.ts";
import { seeOther } from "../../http/redirect.ts";
import type { Sessions } from "../../http/session.ts";
import { may } from "../projects/access.ts";
import type { Projects } from "../projects/service.ts";
import { attempt, shortTitle } from "./forms.ts";
import type { Tasks } from "./service.ts";

export const trashPages = (tasks: Tasks, projects: Projects, sessions: Sessions, pages: Pages) =>
  new Elysia({ name: "trash-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .get("/trash", async ({ actor, frame, request, html }) => {
      const cursor = new URL(request.url).searchParams.get("cursor") ?? undefined;
      const listed = await attempt(() => tasks.listTrash(actor, { cursor }));
      // Someone edited the cursor in the URL.
      if (!listed.ok) return seeOther(request, "/trash");
      const deleted = cursor ? [] : (await projects.listProjects(actor, { state: "deleted" })).items;
      return html(
        <TrashPage
          {...{ frame, page: listed.value, projects: deleted }}
          mayRestore={({ projectId }) => may(actor, "edit", projectId)}
        />,
      );
    })
    .post("/trash/:id/restoration", async ({ actor, params, request, form, html, set }) => {
      const repeat = plainFormKey(request, form, actor.user.id, null);
      const { task, change } = await tasks.restoreTask(actor, params.id, repeat);
      const message = `Restored: ${shortTitle(task)}`;
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back: "/trash",
          fragment: () => <RestoredRow id={task.id} message={message} undo={change} />,
        },
      );
    });

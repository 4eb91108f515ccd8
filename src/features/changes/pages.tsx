import { Elysia } from "elysia";
import { ActivityPage } from "../../../views/changes/activity.tsx";
import { plural } from "../../../views/tasks/labels.ts";
import { ListChanges } from "../../../views/tasks/list-update.tsx";
import type { Config } from "../../config.ts";
import { AppError } from "../../errors.ts";
import { formBody } from "../../http/body.ts";
import { changeHeader } from "../../http/change-header.ts";
import { notices } from "../../http/flash.ts";
import { pages, seeOther, themeOf } from "../../http/pages.ts";
import { isFragment } from "../../http/request.ts";
import type { Sessions } from "../../http/session.ts";
import { pageBehind, viewBehind } from "../tasks/forms.ts";
import { isTaskId } from "../tasks/rows.ts";
import type { Tasks } from "../tasks/service.ts";
import { viewQuery, viewUrl } from "../tasks/view.ts";
import { changeNumber } from "./model.ts";
import type { Changes } from "./service.ts";

export function changePages(changes: Changes, tasks: Tasks, sessions: Sessions, config: Pick<Config, "trustProxy">) {
  const notice = notices(config);
  return new Elysia({ name: "change-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages)
    .get("/activity", async ({ actor, request, html, set }) => {
      const { searchParams } = new URL(request.url);
      const task = searchParams.getAll("task").find(isTaskId);
      const page = await changes.listChanges(actor, { task, before: changeNumber(searchParams.get("before") ?? "") });
      const about = page.items.filter(({ entity }) => entity === "task").map(({ entityId }) => entityId);
      const [titles, undoable, there] = await Promise.all([
        tasks.titlesOf(actor, about),
        tasks.undoable(actor, page.items),
        tasks.getTasks(actor, task ? [task] : []),
      ]);
      const told = notice.read(request);
      if (told) set.headers["set-cookie"] = notice.clear(request);
      return html(
        <ActivityPage
          actor={actor}
          theme={themeOf(request)}
          page={page}
          titles={titles}
          undoable={undoable}
          task={task}
          deleted={there.length === 0}
          notice={told}
        />,
      );
    })
    .post("/changes/:id/undo", async ({ actor, params, request, html, set }) => {
      const view = viewBehind(request);
      const id = changeNumber(params.id);
      if (id === undefined) throw new AppError("notFound", "There is no such change.");
      const plain = !isFragment(request);
      try {
        const done = await tasks.undo(actor, id);
        const message = `Undone: ${plural(done.tasks.length, "task")} as before.`;
        // A task that was only just added has no page any more.
        const back = done.tasks.some(({ gone }) => gone) ? viewUrl(view) : pageBehind(request);
        if (plain) return seeOther(request, back, [notice.write(request, message, done.change)]);
        Object.assign(set.headers, changeHeader(done.change));
        return html(
          <ListChanges
            view={view}
            totals={await tasks.countTasks(actor, viewQuery(view))}
            tasks={done.tasks}
            message={message}
          />,
        );
      } catch (error) {
        if (!plain || !(error instanceof AppError) || error.code !== "conflict") throw error;
        return seeOther(request, pageBehind(request), [notice.write(request, error.message)]);
      }
    });
}

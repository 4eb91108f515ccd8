import { Elysia } from "elysia";
import { AddForm } from "../../../views/tasks/add-form.tsx";
import { TaskListPage } from "../../../views/tasks/list.tsx";
import { AddedRow, ListChanges } from "../../../views/tasks/list-update.tsx";
import { GonePanel, NewsForWriter, TaskPage, TaskPanel } from "../../../views/tasks/panel.tsx";
import { pageTitle } from "../../../views/ui/layout.tsx";
import type { Config } from "../../config.ts";
import { AppError, type Issue } from "../../errors.ts";
import { formBody } from "../../http/body.ts";
import { changeHeader } from "../../http/change-header.ts";
import { notices } from "../../http/flash.ts";
import { pages, seeOther, themeOf } from "../../http/pages.ts";
import { isFragment } from "../../http/request.ts";
import { keptPage } from "../../http/response-cache.ts";
import type { Sessions } from "../../http/session.ts";
import { check } from "../../validation/index.ts";
import type { Actor } from "../accounts/model.ts";
import { attempt, bulkMessage, oneLine, selectionProblem, shortTitle, viewBehind } from "./forms.ts";
import { BulkInput, TaskInput, TaskPatch } from "./model.ts";
import type { Tasks } from "./service.ts";
import { isInView, parseView, type TaskView, viewQuery, viewUrl } from "./view.ts";

const CHANGED_MEANWHILE =
  "Somebody changed this task meanwhile. Your words are still here; save again to put them over theirs.";

/** More than these are read with the whole list. */
const MOST_CHANGED = 100;

/** Nobody scrolls further; who does keeps this many when the list is read anew. */
const MOST_ROWS = 1000;

/** How many rows a page that is open already shows. */
function limitOf(search: URLSearchParams): number | undefined {
  const limit = Number(search.get("limit"));
  return Number.isInteger(limit) && limit >= 1 && limit <= MOST_ROWS ? limit : undefined;
}

/** Every action answers htmx with what changed, and a plain form with the way back to the list it came from. */
export function taskPages(tasks: Tasks, sessions: Sessions, config: Pick<Config, "trustProxy">) {
  const notice = notices(config);

  async function listPage(
    actor: Actor,
    request: Request,
    view: TaskView,
    { cursor, limit }: { cursor?: string | undefined; limit?: number | undefined } = {},
    draft?: { title: string; priority: string; issues: readonly Issue[] },
  ) {
    const page = await tasks.listTasks(actor, { ...viewQuery(view, cursor), limit });
    const told = notice.read(request);
    return (
      <TaskListPage
        actor={actor}
        theme={themeOf(request)}
        view={view}
        page={page}
        continued={cursor !== undefined}
        draft={draft}
        notice={told}
      />
    );
  }

  return new Elysia({ name: "task-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages)
    .get("/tasks", async ({ actor, request, html, set }) => {
      const { searchParams } = new URL(request.url);
      const view = parseView(searchParams);
      const cursor = searchParams.get("cursor") ?? undefined;
      const page = () => listPage(actor, request, view, { cursor, limit: limitOf(searchParams) });
      const told = notice.read(request);
      const listed = await attempt(async () => {
        if (told) return html(await page());
        return keptPage(request, actor, page);
      });
      // A cursor of another list, in an address that was changed by hand.
      if (!listed.ok) return seeOther(request, viewUrl(view));
      if (!isFragment(request) && told) set.headers["set-cookie"] = notice.clear(request);
      return listed.value;
    })
    .post("/tasks", async ({ actor, request, form, html, set }) => {
      const view = viewBehind(request);
      const draft = { title: oneLine(form.get("title")), priority: form.get("priority") ?? "medium" };
      const checked = await attempt(() => check(TaskInput, draft));
      if (!checked.ok) {
        set.status = 422;
        if (!isFragment(request))
          return html(await listPage(actor, request, view, {}, { ...draft, issues: checked.issues }));
        return html(await (<AddForm swap="outerMorph" {...draft} issues={checked.issues} />));
      }
      const { task, change } = await tasks.createTask(actor, checked.value);
      Object.assign(set.headers, changeHeader(change));
      if (!isFragment(request)) return seeOther(request, viewUrl(view));
      const shown = isInView(task, view);
      return html(
        <>
          {shown && <AddedRow task={task} />}
          <AddForm swap="outerMorph" />
          <ListChanges
            view={view}
            totals={await tasks.countTasks(actor, viewQuery(view))}
            tasks={[]}
            message={shown ? undefined : "Added. It is not part of what you see here."}
            undo={change}
          />
        </>,
      );
    })
    .post("/tasks/bulk", async ({ actor, request, form, html, set }) => {
      const view = viewBehind(request);
      const action = form.get("action");
      const ids = form.all("ids");
      const problem = selectionProblem(ids);
      if (problem) {
        if (!isFragment(request)) return seeOther(request, viewUrl(view), [notice.write(request, problem)]);
        throw new AppError("malformed", problem);
      }
      const input = check(BulkInput, {
        ids,
        action,
        ...(action === "setPriority" && { priority: form.get("priority") }),
      });
      const { tasks: changed, change } = await tasks.bulk(actor, input);
      const message = bulkMessage(input.action, changed.length);
      if (!isFragment(request)) return seeOther(request, viewUrl(view), [notice.write(request, message, change)]);
      Object.assign(set.headers, changeHeader(change));
      return html(
        <ListChanges
          view={view}
          totals={await tasks.countTasks(actor, viewQuery(view))}
          tasks={changed}
          redraw
          message={message}
          undo={change}
        />,
      );
    })
    .get("/tasks/changed", async ({ actor, request, html }) => {
      const { searchParams } = new URL(request.url);
      const view = viewBehind(request);
      const ids = searchParams.getAll("id").slice(0, MOST_CHANGED);
      const found = await tasks.getTasks(actor, ids);
      const gone = ids.filter((id) => !found.some(({ task }) => task.id === id));
      const alone = searchParams.get("alone");
      const open = found.find(({ task }) => task.id === (alone ?? searchParams.get("open")));
      // Somebody writes in it.
      const keep = ids.find((id) => id === searchParams.get("keep"));
      return html(
        <>
          {alone && open ? <title safe>{pageTitle(open.task.title)}</title> : null}
          {open ? <TaskPanel {...open} beside={alone === null} back={viewUrl(view)} alongside /> : null}
          {alone && !open ? <GonePanel id={alone} /> : null}
          {keep ? <NewsForWriter id={keep} gone={gone.includes(keep)} /> : null}
          <ListChanges
            view={view}
            totals={await tasks.countTasks(actor, viewQuery(view))}
            tasks={found}
            gone={gone}
            keepPanel={keep ?? alone}
          />
        </>,
      );
    })
    .get("/tasks/:id", async ({ actor, params, request, html, set }) => {
      const { task, version } = await tasks.getTask(actor, params.id);
      const beside = isFragment(request);
      const told = beside ? undefined : notice.read(request);
      if (told) set.headers["set-cookie"] = notice.clear(request);
      const panel = { task, version, beside, back: viewUrl(viewBehind(request)) };
      if (beside) return html(await (<TaskPanel {...panel} />));
      return html(<TaskPage actor={actor} theme={themeOf(request)} {...panel} notice={told} />);
    })
    .post("/tasks/:id", async ({ actor, params, request, form, html, set }) => {
      const beside = isFragment(request);
      const before = await tasks.getTask(actor, params.id);
      const draft = {
        title: oneLine(form.get("title")),
        description: form.get("description") ?? "",
        priority: form.get("priority") ?? before.task.priority,
      };
      const seen = Number(form.get("version") ?? before.version);
      const answer = async (status: number, panel: Omit<Parameters<typeof TaskPanel>[0], "beside" | "back">) => {
        set.status = status;
        const back = viewUrl(viewBehind(request));
        return html(
          beside
            ? await (<TaskPanel {...panel} beside back={back} />)
            : await (<TaskPage actor={actor} theme={themeOf(request)} {...panel} beside={false} back={back} />),
        );
      };

      const saved = await attempt(async () =>
        tasks.updateTask(actor, params.id, check(TaskPatch, draft), (current) => {
          if (current !== seen) throw new AppError("preconditionFailed", CHANGED_MEANWHILE);
        }),
      );
      if (!saved.ok) {
        if (saved.issues.length > 0) return answer(422, { ...before, draft, issues: saved.issues });
        const now = await tasks.getTask(actor, params.id);
        return answer(412, { ...now, draft, note: CHANGED_MEANWHILE });
      }
      const { task, version, change } = saved.value;
      const message = "Saved.";
      if (!beside) return seeOther(request, `/tasks/${task.id}`, [notice.write(request, message, change)]);
      const view = viewBehind(request);
      Object.assign(set.headers, changeHeader(change));
      return html(
        <>
          <TaskPanel task={task} version={version} beside back={viewUrl(view)} />
          <ListChanges
            view={view}
            totals={await tasks.countTasks(actor, viewQuery(view))}
            tasks={[{ task }]}
            message={message}
            undo={change}
          />
        </>,
      );
    })
    .post("/tasks/:id/completion", async ({ actor, params, request, form, html, set }) => {
      const view = viewBehind(request);
      const completed = form.get("completed") !== "false";
      const { task, version, change } = await tasks.updateTask(actor, params.id, { completed });
      const message = `${completed ? "Completed" : "Reopened"}: ${shortTitle(task)}`;
      if (!isFragment(request)) return seeOther(request, viewUrl(view), [notice.write(request, message, change)]);
      Object.assign(set.headers, changeHeader(change));
      return html(
        <>
          <TaskPanel task={task} version={version} beside back={viewUrl(view)} alongside />
          <ListChanges
            view={view}
            totals={await tasks.countTasks(actor, viewQuery(view))}
            tasks={[{ task }]}
            message={message}
            undo={change}
          />
        </>,
      );
    })
    .post("/tasks/:id/deletion", async ({ actor, params, request, html, set }) => {
      const view = viewBehind(request);
      const { task, change } = await tasks.deleteTask(actor, params.id);
      const message = `Deleted: ${shortTitle(task)}`;
      if (!isFragment(request)) return seeOther(request, viewUrl(view), [notice.write(request, message, change)]);
      Object.assign(set.headers, changeHeader(change));
      return html(
        <ListChanges
          view={view}
          totals={await tasks.countTasks(actor, viewQuery(view))}
          tasks={[{ task, gone: true }]}
          message={message}
          undo={change}
        />,
      );
    });
}

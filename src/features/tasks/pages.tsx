import { Elysia } from "elysia";
import { type AddDraft, AddForm } from "../../../views/tasks/add-form.tsx";
import { TaskListPage } from "../../../views/tasks/list.tsx";
import { AddedRow, ListUpdate } from "../../../views/tasks/list-update.tsx";
import { ConflictNote, GonePanel, TaskPage, TaskPanel, type TaskPanelProps } from "../../../views/tasks/panel.tsx";
import { pageTitle } from "../../../views/ui/layout.tsx";
import { AppError } from "../../errors.ts";
import { formBody } from "../../http/body.ts";
import { changeHeader } from "../../http/change-header.ts";
import { isFragment } from "../../http/htmx.ts";
import type { Frame, Pages } from "../../http/pages.ts";
import { seeOther } from "../../http/redirect.ts";
import { cachedPage } from "../../http/response-cache.ts";
import type { Sessions, Visitor } from "../../http/session.ts";
import { check } from "../../validation/check.ts";
import { attempt, bulkMessage, selectionProblem, shortTitle, taskFields, viewBehind } from "./forms.ts";
import { createListUpdates } from "./list-updates.tsx";
import { BulkInput, TASK_DEFAULTS, TaskInput, TaskPatch } from "./model.ts";
import type { Tasks } from "./service.ts";
import { isInView, parseView, type TaskView, viewQuery, viewUrl } from "./view.ts";

const CONFLICT = "Changed in another window. Your edits are kept: save again to overwrite.";

/** A live update of more tasks than this reloads the list instead. */
const MAX_CHANGED = 100;
/** The most rows that a reloaded list shows. */
const MAX_ROWS = 1000;

/** Returns how many rows an open page shows. */
function limitOf(search: URLSearchParams): number | undefined {
  const limit = Number(search.get("limit"));
  return Number.isInteger(limit) && limit >= 1 && limit <= MAX_ROWS ? limit : undefined;
}

export function taskPages(tasks: Tasks, sessions: Sessions, pages: Pages) {
  const { listUpdate } = createListUpdates(tasks);

  /** Renders the list, with what was typed into the add form if it was rejected. */
  async function listPage(
    { actor, newestChange }: Visitor,
    frame: Frame,
    view: TaskView,
    { cursor, limit, draft }: { cursor?: string | undefined; limit?: number | undefined; draft?: AddDraft } = {},
  ) {
    const page = await tasks.listTasks(actor, { ...viewQuery(view, cursor), limit }, newestChange);
    return <TaskListPage frame={frame} view={view} page={page} continued={cursor !== undefined} draft={draft} />;
  }

  return new Elysia({ name: "task-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .get("/tasks", async ({ actor, newestChange, frame, request, html }) => {
      const { searchParams } = new URL(request.url);
      const visitor = { actor, newestChange };
      const view = parseView(searchParams);
      const cursor = searchParams.get("cursor") ?? undefined;
      const page = () => listPage(visitor, frame, view, { cursor, limit: limitOf(searchParams) });
      const listed = await attempt(async () =>
        frame.flash ? html(await page()) : cachedPage(request, visitor, frame.theme, page),
      );
      // The URL contains a cursor of another list.
      return listed.ok ? listed.value : seeOther(request, viewUrl(view));
    })
    .post("/tasks", async ({ actor, newestChange, frame, request, form, html, set }) => {
      const view = viewBehind(request);
      const draft = { priority: TASK_DEFAULTS.priority, title: "", ...taskFields(form) };
      const checked = await attempt(() => check(TaskInput, draft));
      if (!checked.ok) {
        set.status = 422;
        const rejected = { ...draft, issues: checked.issues };
        if (isFragment(request)) return html(<AddForm swap="outerMorph" {...rejected} />);
        return html(await listPage({ actor, newestChange }, frame, view, { draft: rejected }));
      }
      const { task, change } = await tasks.createTask(actor, checked.value);
      Object.assign(set.headers, changeHeader(change));
      if (!isFragment(request)) return seeOther(request, viewUrl(view));
      const shown = isInView(task, view);
      const update = await listUpdate(actor, request, {
        tasks: [],
        message: shown ? undefined : "Added, but hidden by your filter.",
        link: shown ? undefined : { label: "Show", href: `/tasks/${task.id}` },
        undo: change,
      });
      return html(
        <>
          {shown && <AddedRow task={task} />}
          <AddForm swap="outerMorph" />
          <ListUpdate {...update} />
        </>,
      );
    })
    .post("/tasks/bulk", async ({ actor, request, form, html, set }) => {
      const back = viewUrl(viewBehind(request));
      const action = form.get("action");
      const ids = form.all("ids");
      const problem = selectionProblem(ids);
      if (problem) {
        if (!isFragment(request)) return pages.redirectWithMessage(request, back, problem);
        throw new AppError("malformed", problem);
      }
      const priority = action === "setPriority" ? { priority: form.get("priority") } : {};
      const input = check(BulkInput, { ids, action, ...priority });
      const { tasks: changed, change } = await tasks.bulk(actor, input);
      const message = bulkMessage(input.action, changed.length);
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back,
          fragment: async () => (
            <ListUpdate
              {...(await listUpdate(actor, request, { tasks: changed, redraw: true, message, undo: change }))}
            />
          ),
        },
      );
    })
    .get("/tasks/changed", async ({ actor, request, html }) => {
      const { searchParams } = new URL(request.url);
      const ids = searchParams.getAll("id").slice(0, MAX_CHANGED);
      const found = await tasks.getTasks(actor, ids);
      const gone = ids.filter((id) => !found.some(({ task }) => task.id === id));
      const alone = searchParams.get("alone");
      const open = found.find(({ task }) => task.id === (alone ?? searchParams.get("open")));
      // The task whose panel has unsaved input.
      const keep = ids.find((id) => id === searchParams.get("keep"));
      const back = viewUrl(viewBehind(request));
      const update = await listUpdate(actor, request, { tasks: found, gone, keepPanel: keep ?? alone });
      return html(
        <>
          {alone && open ? <title safe>{pageTitle(open.task.title)}</title> : null}
          {open ? <TaskPanel {...open} beside={alone === null} back={back} alongside /> : null}
          {alone && !open ? <GonePanel id={alone} /> : null}
          {keep ? <ConflictNote id={keep} gone={gone.includes(keep)} /> : null}
          <ListUpdate {...update} />
        </>,
      );
    })
    .get("/tasks/:id", async ({ actor, frame, params, request, html }) => {
      const beside = isFragment(request);
      const panel = { ...(await tasks.getTask(actor, params.id)), beside, back: viewUrl(viewBehind(request)) };
      return html(beside ? <TaskPanel {...panel} /> : <TaskPage frame={frame} {...panel} />);
    })
    .post("/tasks/:id", async ({ actor, frame, params, request, form, html, set }) => {
      const beside = isFragment(request);
      const back = viewUrl(viewBehind(request));
      const before = await tasks.getTask(actor, params.id);
      const fields = taskFields(form);
      const seen = Number(form.get("version") ?? before.version);
      const reject = (status: number, rejected: Omit<TaskPanelProps, "beside" | "back">) => {
        set.status = status;
        const panel = { ...rejected, draft: { ...rejected.task, ...fields }, beside, back };
        return html(beside ? <TaskPanel {...panel} /> : <TaskPage frame={frame} {...panel} />);
      };
      const saved = await attempt(async () =>
        tasks.updateTask(actor, params.id, check(TaskPatch, fields), (version) => {
          if (version !== seen) throw new AppError("preconditionFailed", CONFLICT);
        }),
      );
      if (!saved.ok) {
        if (saved.issues.length > 0) return reject(422, { ...before, issues: saved.issues });
        return reject(412, { ...(await tasks.getTask(actor, params.id)), note: CONFLICT });
      }
      const { task, version, change } = saved.value;
      const message = "Saved";
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back: `/tasks/${task.id}`,
          fragment: async () => (
            <>
              <TaskPanel task={task} version={version} beside back={back} />
              <ListUpdate {...(await listUpdate(actor, request, { tasks: [{ task }], message, undo: change }))} />
            </>
          ),
        },
      );
    })
    .post("/tasks/:id/completion", async ({ actor, params, request, form, html, set }) => {
      const back = viewUrl(viewBehind(request));
      const completed = form.get("completed") !== "false";
      const { task, version, change } = await tasks.updateTask(actor, params.id, { completed });
      const message = `${completed ? "Completed" : "Reopened"}: ${shortTitle(task)}`;
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back,
          fragment: async () => (
            <>
              <TaskPanel task={task} version={version} beside back={back} alongside />
              <ListUpdate {...(await listUpdate(actor, request, { tasks: [{ task }], message, undo: change }))} />
            </>
          ),
        },
      );
    })
    .post("/tasks/:id/deletion", async ({ actor, params, request, html, set }) => {
      const { task, change } = await tasks.deleteTask(actor, params.id);
      const message = `Deleted: ${shortTitle(task)}`;
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back: viewUrl(viewBehind(request)),
          fragment: async () => (
            <ListUpdate
              {...(await listUpdate(actor, request, { tasks: [{ task, gone: true }], message, undo: change }))}
            />
          ),
        },
      );
    });
}

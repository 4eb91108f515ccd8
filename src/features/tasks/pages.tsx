import { Elysia } from "elysia";
import { rowProject } from "../../../views/projects/project-icon.tsx";
import { type AddDraft, AddForm } from "../../../views/tasks/add-form.tsx";
import { dueWords } from "../../../views/tasks/due.tsx";
import { type OpenTask, TaskListPage } from "../../../views/tasks/list.tsx";
import { AddedRow, ListUpdate } from "../../../views/tasks/list-update.tsx";
import { TaskPanel, type TaskPanelProps } from "../../../views/tasks/panel.tsx";
import type { Actor } from "../../actor.ts";
import { AppError } from "../../errors.ts";
import { formBody } from "../../http/body.ts";
import { changeHeader } from "../../http/change-header.ts";
import { isFragment } from "../../http/htmx.ts";
import { plainFormKey } from "../../http/idempotency-key.ts";
import type { Frame, Pages } from "../../http/pages.ts";
import { seeOther } from "../../http/redirect.ts";
import { cachedPage } from "../../http/response-cache.ts";
import type { Sessions } from "../../http/session.ts";
import { turnOf } from "../../http/turn.ts";
import { check } from "../../validation/check.ts";
import { isId } from "../../validation/ids.ts";
import { noSuchProject } from "../projects/access.ts";
import { attempt, isMoved, isSaved, shortTitle, taskFields, viewBehind, withoutFields } from "./forms.ts";
import { createListUpdates, type TaskServices } from "./list-updates.tsx";
import { TASK_DEFAULTS, TaskInput, TaskPatch } from "./model.ts";
import { createRowActions } from "./row-actions.ts";
import {
  dueDateIn,
  isInView,
  isNewOnTop,
  isTree,
  labelUrl,
  openUrl,
  parseView,
  showsCompletions,
  type TaskView,
  viewQuery,
  viewUrl,
} from "./view.ts";

const HIDDEN = "Added, but hidden by your filter.";

/** The most rows that a reloaded list shows. */
const MAX_ROWS = 1000;

/** Returns how many rows an open page shows. */
function limitOf(search: URLSearchParams): number | undefined {
  const limit = Number(search.get("limit"));
  return Number.isInteger(limit) && limit >= 1 && limit <= MAX_ROWS ? limit : undefined;
}

interface ListContext {
  readonly actor: Actor;
  readonly frame: Frame;
  readonly request: Request;
  readonly html: (markup: JSX.Element) => unknown;
}

export function taskPages(services: TaskServices, sessions: Sessions, pages: Pages) {
  const { tasks, projects, sharing, sections } = services;
  const { panelOf, listUpdate, countAnyPriority, placeOf } = createListUpdates(services, pages);
  const { completeTask, deleteTask } = createRowActions(tasks);

  /** Renders the list, with what was typed into the add form if it was rejected. */
  async function listPage(
    request: Request,
    actor: Actor,
    frame: Frame,
    view: TaskView,
    {
      cursor,
      after,
      limit,
      draft,
      panel,
    }: {
      cursor?: string | undefined;
      after?: string | undefined;
      limit?: number | undefined;
      draft?: AddDraft;
      panel?: Omit<OpenTask, keyof Awaited<ReturnType<typeof panelOf>>>;
    } = {},
  ) {
    const turn = turnOf(request, actor, cursor === undefined ? "list" : "more");
    const page = await tasks.listTasks(actor, { ...viewQuery(view, cursor), limit }, actor.access.position, turn);
    const completions = showsCompletions(view) ? await tasks.listCompletions(actor, { ...view, cursor }, page) : [];
    const anyPriority = await countAnyPriority(actor, view, page.totals);
    const continued = cursor !== undefined;
    const known = await projects.projectsById(actor);
    const names = await projects.namesOf(page.items.map(({ assigneeId }) => assigneeId).concat(view.assignee ?? []));
    const relatives = await tasks.relativesOf(page.items);
    const inProject = view.project !== undefined && view.sort === "manual";
    const sectionsIn = async (state: "active" | "archived") =>
      inProject ? (await sections.listSections(actor, view.project as string, { state })).items : [];
    const [groups, archived] = [await sectionsIn("active"), await sectionsIn("archived")];
    const members = view.project ? await sharing.listMembers(actor, view.project) : [];
    const people = { names, members, shared: members.length > 1 || (await projects.sharesAny(actor)) };
    const opened = panel && { ...panel, ...(await panelOf(actor, panel.task)) };
    return (
      <TaskListPage
        {...{
          frame,
          view,
          projects: known,
          people,
          relatives,
          sections: groups,
          archived,
          page,
          completions,
          anyPriority,
          continued,
          after,
          draft,
          panel: opened,
        }}
      />
    );
  }

  async function respondWithList({ actor, frame, request, html }: ListContext) {
    const url = new URL(request.url);
    const view = parseView(url);
    const cursor = url.searchParams.get("cursor") ?? undefined;
    const after = url.searchParams.get("after") ?? undefined;
    const page = () => listPage(request, actor, frame, view, { cursor, after, limit: limitOf(url.searchParams) });
    const listed = await attempt(async () =>
      frame.flash ? html(await page()) : cachedPage(request, actor, frame, page),
    );
    // The URL contains a cursor of another list.
    return listed.ok ? listed.value : seeOther(request, viewUrl(view));
  }

  return new Elysia({ name: "task-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .get("/tasks", (context) =>
      // The address that Completed had.
      context.query.status === "completed"
        ? seeOther(context.request, viewUrl(parseView(new URL(context.request.url))))
        : respondWithList(context),
    )
    .get("/completed", respondWithList)
    .get("/today", respondWithList)
    .get("/upcoming", respondWithList)
    .get("/projects/:id", (context) => {
      if (!isId(context.params.id)) throw noSuchProject();
      return respondWithList(context);
    })
    .get("/labels/*", async (context) => {
      const { actor, request } = context;
      const url = new URL(request.url);
      const { label } = parseView(url);
      if (label === undefined) throw new AppError("notFound", "There is no such label.");
      const written = await tasks.labelName(actor, label);
      return written === label ? respondWithList(context) : seeOther(request, labelUrl(written) + url.search);
    })
    .post("/tasks", async ({ actor, frame, request, form, html, set }) => {
      const view = viewBehind(request);
      // A new task gets the values that the list is filtered by.
      const inherited = view.priority ?? TASK_DEFAULTS.priority;
      const dueDate = dueDateIn(view, frame.calendar);
      const draft = {
        priority: inherited,
        dueDate,
        ...(view.label && { labels: [view.label] }),
        ...(view.assignee && { assigneeId: view.assignee }),
        title: "",
        ...(view.project && { projectId: view.project }),
        ...taskFields(form),
      };
      const known = await projects.projectsById(actor);
      const checked = await attempt(() => check(TaskInput, draft));
      if (!checked.ok) {
        set.status = 422;
        const rejected = { ...draft, issues: checked.issues };
        if (isFragment(request)) return html(<AddForm swap="outerMorph" view={view} projects={known} {...rejected} />);
        return html(await listPage(request, actor, frame, view, { draft: rejected }));
      }
      const repeat = plainFormKey(request, form, actor.user.id, checked.value);
      const { task, change } = await tasks.createTask(actor, checked.value, repeat);
      Object.assign(set.headers, changeHeader(change));
      const shown = isInView(task, view, frame.calendar);
      // The row may need a heading.
      const outdated = view.due === "upcoming";
      if (!isFragment(request)) {
        const back = viewUrl(view);
        return shown ? seeOther(request, back) : pages.redirectWithMessage(request, back, HIDDEN, change);
      }
      const added = `Added: ${shortTitle(task)}`;
      // Where a list is not sorted by age, the new row may be far away.
      const near = shown && isNewOnTop(view);
      const names = await projects.namesOf([task.assigneeId]);
      const update = await listUpdate(actor, request, {
        calendar: frame.calendar,
        tasks: [],
        outdated,
        done: near ? `${added}. ` : undefined,
        message: near ? undefined : shown ? added : HIDDEN,
        link: near ? undefined : { label: "Show", href: `/tasks/${task.id}` },
        undo: change,
      });
      return html(
        <>
          {shown && !outdated && (
            <AddedRow
              task={task}
              calendar={frame.calendar}
              project={rowProject(task, view, known)}
              assignee={names.get(task.assigneeId ?? "")}
              place={await placeOf(actor, view, task)}
            />
          )}
          <AddForm
            swap="outerMorph"
            priority={inherited}
            dueDate={dueDate}
            projectId={task.projectId}
            view={view}
            projects={known}
          />
          <ListUpdate {...update} />
        </>,
      );
    })
    .get("/tasks/:id", async ({ actor, frame, params, request, html }) => {
      const panel = await tasks.getTask(actor, params.id);
      const view = viewBehind(request);
      const here = openUrl(params.id, view);
      // Without a script, the address names the list that the task was opened from: its forms lead back there.
      if (!isFragment(request) && new URL(request.url).search === "" && here !== `/tasks/${params.id}`)
        return seeOther(request, here);
      return isFragment(request)
        ? html(
            <TaskPanel
              {...panel}
              {...(await panelOf(actor, panel.task))}
              calendar={frame.calendar}
              back={viewUrl(view)}
            />,
          )
        : html(await listPage(request, actor, frame, view, { panel }));
    })
    .post("/tasks/:id", async ({ actor, frame, params, request, form, html, set }) => {
      const view = viewBehind(request);
      const back = viewUrl(view);
      const before = await tasks.getTask(actor, params.id);
      const fields = taskFields(form);
      // The section of the form is one of the former project.
      if (fields.projectId !== undefined && fields.projectId !== before.task.projectId) delete fields.sectionId;
      // Overwrite names the version that was shown next to the edits.
      const seen = Number(form.get("overwrite") ?? form.get("version") ?? before.version);
      const reject = async (
        status: number,
        rejected: Omit<TaskPanelProps, "back" | "calendar" | keyof Awaited<ReturnType<typeof panelOf>>>,
        update?: Parameters<typeof listUpdate>[2],
      ) => {
        set.status = status;
        const panel = { draft: { ...rejected.task, ...fields }, ...rejected };
        if (!isFragment(request)) return html(await listPage(request, actor, frame, view, { panel }));
        return html(
          <>
            <TaskPanel {...panel} {...(await panelOf(actor, panel.task))} calendar={frame.calendar} back={back} />
            {update ? <ListUpdate {...(await listUpdate(actor, request, update))} /> : null}
          </>,
        );
      };
      const save = (given: typeof fields) =>
        attempt(async () =>
          tasks.updateTask(
            actor,
            params.id,
            check(TaskPatch, given),
            Object.assign(
              (version: number) => {
                if (version !== seen) throw new AppError("preconditionFailed", "The task has changed.");
              },
              { seen },
            ),
            plainFormKey(request, form, actor.user.id, [given, seen]),
          ),
        );
      const whole = await save(fields);
      const issues = whole.ok ? [] : whole.issues;
      // With a script each field is saved as it is left: a wrong one must not hold back the others.
      const isPart = issues.length > 0 && isFragment(request);
      const saved = isPart ? await save(withoutFields(fields, issues)) : whole;
      const { task, version } = saved.ok ? saved.value : await tasks.getTask(actor, params.id);
      const change = saved.ok ? saved.value.change : undefined;
      const others = (saved.ok && saved.value.others) || [];
      // The row has another place.
      const outdated = isTree(view) && isMoved(before.task, task);
      const changed = { calendar: frame.calendar, tasks: [{ task }, ...others], outdated };
      if (issues.length > 0)
        return reject(422, { task, version: saved.ok ? version : seen, issues }, saved.ok ? changed : undefined);
      // Two windows may have saved the same.
      if (!saved.ok && !isSaved(task, fields)) {
        const own = await tasks.ownFields(actor, { task, version }, check(TaskPatch, fields), seen);
        const draft = { ...task, ...Object.fromEntries(own.map((name) => [name, fields[name]])) };
        return reject(412, {
          task,
          version: seen,
          draft,
          theirs: { version, author: await tasks.lastAuthor(actor, task.id) },
        });
      }
      const message = "Saved";
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back: openUrl(task.id, view),
          fragment: async () => (
            <>
              <TaskPanel
                {...{ task, version, back, calendar: frame.calendar, saved: { undo: change } }}
                {...(await panelOf(actor, task))}
              />
              <ListUpdate {...(await listUpdate(actor, request, changed))} />
            </>
          ),
        },
      );
    })
    .post("/tasks/:id/completion", async ({ actor, frame, params, request, form, html, set }) => {
      const back = viewUrl(viewBehind(request));
      const completed = form.get("completed") !== "false";
      const {
        task,
        version,
        change,
        others = [],
      } = await completeTask(actor, request, params.id, completed, form.get("occurrence"));
      const next = completed && !task.completed ? dueWords(task, frame.calendar) : undefined;
      const done = next ? `Completed, due again ${next.text}` : completed ? "Completed" : "Reopened";
      const message = `${done}: ${shortTitle(task)}`;
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back,
          fragment: async () => (
            <>
              <TaskPanel
                {...{ task, version, back, calendar: frame.calendar }}
                {...(await panelOf(actor, task))}
                alongside
              />
              <ListUpdate
                {...(await listUpdate(actor, request, {
                  calendar: frame.calendar,
                  tasks: [{ task }, ...others],
                  message,
                  undo: change,
                }))}
              />
            </>
          ),
        },
      );
    })
    .post("/tasks/:id/deletion", async ({ actor, frame, params, request, html, set }) => {
      const { task, change, others = [] } = await deleteTask(actor, request, params.id);
      const message = `Deleted: ${shortTitle(task)}`;
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back: viewUrl(viewBehind(request)),
          fragment: async () => (
            <ListUpdate
              {...(await listUpdate(actor, request, {
                calendar: frame.calendar,
                tasks: [{ task, gone: true }, ...others],
                message,
                undo: change,
              }))}
            />
          ),
        },
      );
    });
}

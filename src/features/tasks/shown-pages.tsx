import { Elysia } from "elysia";
import { ConflictNote } from "../../../views/tasks/conflict.tsx";
import { ListUpdate } from "../../../views/tasks/list-update.tsx";
import { TaskPanel } from "../../../views/tasks/panel.tsx";
import { PrintPage } from "../../../views/tasks/print.tsx";
import { pageTitle } from "../../../views/ui/layout.tsx";
import type { Actor } from "../../actor.ts";
import { formBody } from "../../http/body.ts";
import type { Pages } from "../../http/pages.ts";
import type { Sessions } from "../../http/session.ts";
import { may } from "../projects/access.ts";
import { viewBehind } from "./forms.ts";
import { createListUpdates, type TaskServices } from "./list-updates.tsx";
import { nameOf, parseView, viewQuery, viewUrl } from "./view.ts";

/** A live update of more tasks than this reloads the list instead. */
const MAX_CHANGED = 100;
/** The most rows that are printed. */
const MAX_PRINTED = 1000;

/** What an open page asks for: the tasks that were changed elsewhere, and its list as a document to print. */
export function shownPages(services: TaskServices, sessions: Sessions, pages: Pages) {
  const { tasks, projects, sections } = services;
  const { panelOf, listUpdate } = createListUpdates(services, pages);

  /** Returns what a panel with unsaved edits says about the task that has changed. */
  async function conflictOf(actor: Actor, id: string, isGone: boolean) {
    if (isGone && !(await tasks.findDeleted(actor, id))) return { id, gone: "hidden" as const, author: undefined };
    const isViewOnly = !isGone && !may(actor, "edit", (await tasks.getTask(actor, id)).task.projectId);
    const gone = isGone ? ("deleted" as const) : isViewOnly ? ("viewOnly" as const) : undefined;
    return { id, gone, author: await tasks.lastAuthor(actor, id) };
  }

  return new Elysia({ name: "shown-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .get("/tasks/changed", async ({ actor, frame, request, html }) => {
      const { searchParams } = new URL(request.url);
      const ids = searchParams.getAll("id").slice(0, MAX_CHANGED);
      // Their panel is as it was.
      const rows = searchParams.getAll("row").slice(0, MAX_CHANGED);
      const found = await tasks.getTasks(actor, [...new Set([...ids, ...rows])]);
      const gone = ids.filter((id) => !found.some(({ task }) => task.id === id));
      // The panel shows its subtasks, too.
      const shown = searchParams.get("open");
      const isShown = shown !== null && (ids.includes(shown) || (await tasks.parentsOf(ids)).includes(shown));
      const [open] = isShown ? await tasks.getTasks(actor, [shown]) : [];
      // The task whose panel has unsaved input.
      const keep = ids.find((id) => id === searchParams.get("keep"));
      const view = viewBehind(request);
      const conflict = keep && (await conflictOf(actor, keep, gone.includes(keep)));
      // The project of the list is gone, too.
      if (view.project && actor.access.projects.get(view.project)?.deleted !== false)
        return html(conflict ? <ConflictNote {...conflict} /> : "");
      const back = viewUrl(view);
      const update = await listUpdate(actor, request, {
        calendar: frame.calendar,
        tasks: found,
        gone,
        keepPanel: keep,
      });
      return html(
        <>
          {open ? <title safe>{pageTitle(open.task.title)}</title> : null}
          {open ? (
            <TaskPanel
              {...open}
              {...(await panelOf(actor, open.task))}
              calendar={frame.calendar}
              back={back}
              alongside
            />
          ) : null}
          {conflict ? <ConflictNote {...conflict} /> : null}
          <ListUpdate {...update} />
        </>,
      );
    })
    .get("/tasks/print", async ({ actor, frame, request, html }) => {
      const view = parseView(new URL(request.url));
      const page = await tasks.listTasks(actor, { ...viewQuery(view), limit: MAX_PRINTED }, actor.access.position);
      const name = view.project && (await projects.getProject(actor, view.project)).project.name;
      const titles = await tasks.titlesIn(
        actor,
        page.items.map(({ description }) => description),
      );
      const isManual = view.project !== undefined && view.sort === "manual";
      const groups = isManual ? (await sections.listSections(actor, view.project as string)).items : [];
      const relatives = await tasks.relativesOf(page.items);
      const shown = { frame, view, page, titles, sections: groups, relatives };
      return html(await (<PrintPage {...shown} name={name || nameOf(view)} />));
    });
}

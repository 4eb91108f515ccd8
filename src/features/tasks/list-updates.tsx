import { ListUpdate, type ListUpdateProps, type Place } from "../../../views/tasks/list-update.tsx";
import { Toast } from "../../../views/ui/toast.tsx";
import type { Actor } from "../../actor.ts";
import type { Pages } from "../../http/pages.ts";
import type { UndoView } from "../changes/undo.ts";
import type { Projects } from "../projects/service.ts";
import type { Sharing } from "../sharing/service.ts";
import { pageBehind, placeBehind, viewBehind } from "./forms.ts";
import type { Task, Totals } from "./model.ts";
import type { Sections } from "./sections.ts";
import type { Tasks } from "./service.ts";
import { isNewOnTop, isTree, type TaskView, viewQuery, viewUrl } from "./view.ts";

/** The services that pages of tasks read from. */
export interface TaskServices {
  readonly tasks: Tasks;
  readonly projects: Projects;
  readonly sharing: Sharing;
  readonly sections: Sections;
}

/** An undo of more tasks than this sends no rows: the page loads its list again. */
const MAX_ROWS = 100;

/** Returns how an open list shows what an action has changed. */
export function createListUpdates(
  { tasks, projects, sharing, sections }: TaskServices,
  { navigate }: Pick<Pages, "navigate">,
) {
  /** Returns what the panel shows besides the task. */
  async function panelOf(actor: Actor, task: Task) {
    const [known, { items }, members, family, titles] = await Promise.all([
      projects.projectsById(actor),
      sections.listSections(actor, task.projectId),
      sharing.listMembers(actor, task.projectId),
      tasks.familyOf(task),
      tasks.titlesIn(actor, [task.description]),
    ]);
    return { projects: known, sections: items, members, titles, ...family };
  }

  /** Returns what `ListUpdate` shows: the changed rows, the counts as they are now, and a message. */
  async function listUpdate(
    actor: Actor,
    request: Request,
    update: Omit<
      ListUpdateProps,
      "view" | "totals" | "anyPriority" | "navigation" | "projects" | "names" | "relatives"
    >,
  ): Promise<ListUpdateProps> {
    const view = viewBehind(request);
    const totals = await tasks.countTasks(actor, viewQuery(view));
    const navigation = { groups: await navigate(actor), current: placeBehind(request) };
    const anyPriority = await countAnyPriority(actor, view, totals);
    const shown: ListUpdateProps["tasks"] = [...update.tasks, ...(await parentsOf(actor, update))];
    const names = await projects.namesOf(shown.map(({ task }) => task.assigneeId));
    const relatives = await tasks.relativesOf(shown.flatMap(({ task, gone }) => (gone ? [] : [task])));
    const known = await projects.projectsById(actor);
    return { view, totals, anyPriority, navigation, projects: known, names, relatives, ...update, tasks: shown };
  }

  /** Returns the parents of changed tasks, whose rows say how many subtasks are completed. */
  async function parentsOf(actor: Actor, { tasks: changed, gone = [] }: Pick<ListUpdateProps, "tasks" | "gone">) {
    const ids = new Set(changed.flatMap(({ task }) => task.parentId ?? []));
    for (const id of await tasks.parentsOf(gone)) ids.add(id);
    return tasks.getTasks(
      actor,
      [...ids].filter((id) => !changed.some(({ task }) => task.id === id)),
    );
  }

  /** Returns how many tasks a list without a match would have with any priority. */
  async function countAnyPriority(actor: Actor, view: TaskView, totals: Totals): Promise<number> {
    if (!view.priority || view.q === "" || totals.open + totals.completed > 0) return 0;
    const { open, completed } = await tasks.countTasks(actor, viewQuery({ ...view, priority: undefined }));
    return open + completed;
  }

  /** Returns where a new task goes in an open list. */
  async function placeOf(actor: Actor, view: TaskView, task: Task): Promise<Place> {
    if (view.sort === "manual" && task.sectionId !== null) return { after: task.sectionId };
    if (isNewOnTop(view)) return "first";
    const next = await tasks.nextTask(actor, viewQuery(view), task);
    return next === undefined ? "last" : { before: next };
  }

  const undoView: UndoView = {
    // A task that was just created has no page after its undo.
    back(request, undone) {
      if (!undone?.gone) return pageBehind(request);
      const page = pageBehind(request);
      if (undone.entity === "project") return undone.ids.some((id) => page.includes(id)) ? "/projects" : page;
      return viewUrl(viewBehind(request));
    },

    async render(actor, request, { entity, ids }, message, calendar) {
      // A live update shows the comments.
      if (entity === "comment") return <Toast message={message} />;
      if (entity !== "task" || ids.length > MAX_ROWS)
        return <ListUpdate {...(await listUpdate(actor, request, { tasks: [], outdated: true, message, calendar }))} />;
      const found = await tasks.getTasks(actor, ids);
      const gone = ids.filter((id) => !found.some(({ task }) => task.id === id));
      // The rows may have to move.
      const outdated = isTree(viewBehind(request));
      return (
        <ListUpdate {...(await listUpdate(actor, request, { tasks: found, gone, message, calendar, outdated }))} />
      );
    },
  };

  return { panelOf, listUpdate, countAnyPriority, placeOf, undoView };
}

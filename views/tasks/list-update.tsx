import type { Calendar } from "../../src/calendar.ts";
import type { Names } from "../../src/features/projects/people.ts";
import type { Task, Totals } from "../../src/features/tasks/model.ts";
import type { Relatives } from "../../src/features/tasks/relatives.ts";
import { isInView, type TaskView } from "../../src/features/tasks/view.ts";
import type { NavigationGroup } from "../../src/http/pages.ts";
import { isViewOnly, type ProjectsById, rowProject } from "../projects/project-icon.tsx";
import { Navigation } from "../ui/side-bar.tsx";
import { Toast, type ToastLink } from "../ui/toast.tsx";
import { BulkScope } from "./bulk-bar.tsx";
import { EmptyState, ListStatus } from "./list-status.tsx";
import { EmptyPanel } from "./panel.tsx";
import { GoneRow, rowRelatives, TaskRow, type TaskRowProps } from "./row.tsx";

export interface ListUpdateProps {
  view: TaskView;
  totals: Totals;
  /** How many tasks an empty list would have with any priority. */
  anyPriority: number;
  /** The side bar, and the current place in it. */
  navigation: { readonly groups: readonly NavigationGroup[]; readonly current: string };
  projects: ProjectsById;
  /** The usernames of assignees. */
  names: Names;
  relatives: ReadonlyMap<string, Relatives>;
  calendar: Calendar;
  /** The changed tasks as they are now, and whether they are in the trash. */
  tasks: readonly { readonly task: Task; readonly gone?: boolean }[];
  /** Ids of tasks that no longer exist. */
  gone?: readonly string[];
  /** The task whose panel stays open although it is gone. */
  keepPanel?: string | null | undefined;
  /** Replaces whole rows, as after a selection. */
  redraw?: boolean;
  /** More has changed than the rows in this response: the page loads its rows again. */
  outdated?: boolean;
  message?: string | undefined;
  /** What to announce instead of a message. */
  done?: string | undefined;
  /** The change that Undo takes back. */
  undo?: number | undefined;
  /** A link beside the message. */
  link?: ToastLink | undefined;
}

/** What an action changes on an open page: rows, counts, the text of an empty list, and a message. */
export function ListUpdate({
  view,
  totals,
  anyPriority,
  navigation,
  projects,
  names,
  relatives,
  calendar,
  tasks,
  gone: missing = [],
  keepPanel,
  redraw = false,
  outdated,
  message,
  done,
  undo,
  link,
}: ListUpdateProps) {
  return (
    <>
      {tasks.map(({ task, gone }) =>
        gone ? (
          <Gone id={task.id} />
        ) : (
          <TaskRow
            task={task}
            calendar={calendar}
            project={rowProject(task, view, projects)}
            assignee={names.get(task.assigneeId ?? "")}
            {...rowRelatives(relatives.get(task.id), view)}
            swap={redraw ? "outerHTML" : "outerMorph"}
            leaving={!isInView(task, view, calendar)}
            {...(isViewOnly(task, projects) && { viewOnly: true })}
          />
        ),
      )}
      {missing.map((id) => (
        <Gone id={id} keepPanel={id === keepPanel} />
      ))}
      <Navigation {...navigation} swap="outerMorph" />
      <ListStatus
        view={view}
        totals={totals}
        done={done}
        silent={done === undefined}
        outdated={outdated}
        swap="outerMorph"
      />
      <BulkScope view={view} totals={totals} more swap="outerMorph" />
      <EmptyState
        view={view}
        totals={totals}
        anyPriority={anyPriority}
        viewOnly={projects.get(view.project ?? "")?.role === "viewer"}
        swap="outerHTML"
      />
      {message ? <Toast message={message} undo={undo} link={link} /> : null}
    </>
  );
}

const Gone = ({ id, keepPanel = false }: { id: string; keepPanel?: boolean }) => (
  <>
    <GoneRow id={id} />
    {keepPanel ? null : <EmptyPanel insteadOf={id} />}
  </>
);

/** Where a new row goes in an open list: first, first in a section, before another task, or last. */
export type Place = "first" | "last" | { readonly before: string } | { readonly after: string };

/** A new task, in its place. The last place is open only where the whole list is loaded. */
export function AddedRow({
  place,
  ...row
}: Pick<TaskRowProps, "task" | "calendar" | "project" | "assignee"> & { place: Place }) {
  // htmx takes everything up to the last colon before a space as the style.
  const end = "beforeend:#results #task-list:not(:has(> .load-more))";
  const target =
    place === "first"
      ? "afterbegin:#task-list"
      : place === "last"
        ? end
        : "after" in place
          ? `afterend:#group-${place.after}`
          : `beforebegin:#task-${place.before}`;
  return (
    <ul hx-swap-oob={target}>
      <TaskRow {...row} />
    </ul>
  );
}

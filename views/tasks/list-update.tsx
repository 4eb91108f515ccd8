import type { Task, Totals } from "../../src/features/tasks/model.ts";
import { isInView, type TaskView } from "../../src/features/tasks/view.ts";
import { Toast, type ToastLink } from "../ui/toast.tsx";
import { EmptyState, ListStatus, Tabs } from "./list-status.tsx";
import { EmptyPanel } from "./panel.tsx";
import { GoneRow, TaskRow } from "./row.tsx";

export interface ListUpdateProps {
  view: TaskView;
  totals: Totals;
  /** The changed tasks as they are now, and whether they are in the trash. */
  tasks: readonly { readonly task: Task; readonly gone?: boolean }[];
  /** Ids of tasks that no longer exist. */
  gone?: readonly string[];
  /** The task whose panel stays open although it is gone. */
  keepPanel?: string | null | undefined;
  /** Replaces whole rows, as after a selection. */
  redraw?: boolean;
  message?: string | undefined;
  /** The change that Undo takes back. */
  undo?: number | undefined;
  /** A link beside the message. */
  link?: ToastLink | undefined;
}

/** What an action changes on an open page: rows, counts, the text of an empty list, and a message. */
export function ListUpdate({
  view,
  totals,
  tasks,
  gone: missing = [],
  keepPanel,
  redraw = false,
  message,
  undo,
  link,
}: ListUpdateProps) {
  return (
    <>
      {tasks.map(({ task, gone }) =>
        gone ? (
          <Gone id={task.id} />
        ) : (
          <TaskRow task={task} swap={redraw ? "outerHTML" : "outerMorph"} leaving={!isInView(task, view)} />
        ),
      )}
      {missing.map((id) => (
        <Gone id={id} keepPanel={id === keepPanel} />
      ))}
      <Tabs view={view} totals={totals} swap="outerMorph" />
      <ListStatus view={view} totals={totals} swap="outerMorph" />
      <EmptyState view={view} totals={totals} swap="outerHTML" />
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

/** A new task, at the top of the list. */
export const AddedRow = ({ task }: { task: Task }) => (
  <ul hx-swap-oob="afterbegin:#task-list">
    <TaskRow task={task} />
  </ul>
);

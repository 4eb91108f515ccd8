import type { Task, Totals } from "../../src/features/tasks/model.ts";
import { isInView, type TaskView } from "../../src/features/tasks/view.ts";
import { Toast } from "../ui/toast.tsx";
import { EmptyState, ListStatus, Tabs } from "./list-status.tsx";
import { EmptyPanel } from "./panel.tsx";
import { GoneRow, TaskRow } from "./row.tsx";

interface ListChangesProps {
  view: TaskView;
  totals: Totals;
  /** The tasks that changed, as they are now, and whether they went to the trash. */
  tasks: readonly { readonly task: Task; readonly gone?: boolean }[];
  /** Tasks that are not there any more. */
  gone?: readonly string[];
  /** The task whose panel is not emptied with it. */
  keepPanel?: string | null;
  /** They came back, or were part of a selection: the whole row is drawn anew. */
  redraw?: boolean;
  message?: string;
  /** The change that Undo takes back. */
  undo?: number | undefined;
}

/** What an action changes on a page that is open: rows, counts, the words of an empty list, and a message. */
export function ListChanges({
  view,
  totals,
  tasks,
  gone: missing = [],
  keepPanel,
  redraw = false,
  message,
  undo,
}: ListChangesProps) {
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
      {message ? <Toast message={message} undo={undo} /> : null}
    </>
  );
}

const Gone = ({ id, keepPanel = false }: { id: string; keepPanel?: boolean }) => (
  <>
    <GoneRow id={id} />
    {keepPanel ? null : <EmptyPanel insteadOf={id} />}
  </>
);

/** A task that has just been added, at the top of the list where its writer looks. */
export const AddedRow = ({ task }: { task: Task }) => (
  <ul hx-swap-oob="afterbegin:#task-list">
    <TaskRow task={task} />
  </ul>
);

import { PRIORITY_LABELS, type Totals } from "../../src/features/tasks/model.ts";
import { isFiltered, labelOfPage, type TaskView, viewUrl, withStatus } from "../../src/features/tasks/view.ts";
import { plural } from "../ui/plural.ts";

/** The counts of a list and the text of an empty one. Each action sends them again. */
interface ListStatusProps {
  view: TaskView;
  totals: Totals;
}

const countsOf = ({ open, completed }: Totals) => ({ open, completed, all: open + completed });

/** Returns how many tasks a list has. */
export const countOf = ({ status }: TaskView, totals: Totals) => countsOf(totals)[status];

interface AnnouncementProps extends ListStatusProps {
  /** What an action did that shows no toast. */
  done?: string | undefined;
  /** The response has a toast, or is a live update: nothing more is announced. */
  silent?: boolean;
  /** The rows of the open page have to be loaded again. */
  outdated?: boolean;
  swap?: "outerMorph";
}

/** Announces a search, a filter or a new task to screen readers. Stays while the list around it is replaced. */
export function ListStatus({ view, totals, done = "", silent = false, outdated, swap }: AnnouncementProps) {
  const found = `${plural(countOf(view, totals), "task")} ${isFiltered(view) ? "found" : "in this list"}`;
  return (
    <p
      class="visually-hidden"
      id="list-status"
      role="status"
      data-outdated={outdated ? "" : undefined}
      hx-swap-oob={swap}
      safe
    >
      {silent ? "" : `${done}${found}`}
    </p>
  );
}

interface EmptyStateProps extends ListStatusProps {
  /** How many tasks would match with any priority. */
  anyPriority: number;
  /** Whether the reader can't add tasks here. */
  viewOnly?: boolean;
  swap?: "outerHTML";
}

/** Says why the list is empty and what to do. The style sheet shows it when there are no rows. */
export const EmptyState = ({ swap, ...props }: EmptyStateProps) => (
  <div class="empty" id="empty" hx-swap-oob={swap}>
    {isFiltered(props.view) ? <NoMatch {...props} /> : <NoTasks {...props} />}
  </div>
);

/** Says what was not found, and links to what was found elsewhere. */
function NoMatch({ view, totals, anyPriority }: EmptyStateProps) {
  const { status, priority, assignee, q } = view;
  const elsewhere = status === "open" ? "completed" : "open";
  const count = totals[elsewhere];
  const hasPriority = priority && priority !== "none";
  const words = [
    status !== "all" && status,
    hasPriority && `${PRIORITY_LABELS[priority].toLowerCase()}-priority`,
    priority === "none" ? "task without priority" : "task",
  ];
  const kind = count + anyPriority > 0 ? `No ${words.filter(Boolean).join(" ")}` : "Nothing";
  const reason: string = q
    ? `${kind} matches “${q}”.`
    : count > 0
      ? `${kind}.`
      : assignee
        ? "No task is assigned like this."
        : view.label === labelOfPage(view)
          ? "No task has this priority."
          : "No task has this label.";
  return (
    <>
      <p class="empty-title" safe>
        {reason}
      </p>
      {count > 0 ? (
        <p>
          <a href={viewUrl(withStatus(view, elsewhere))} safe>
            {plural(count, `${elsewhere} match`, `${elsewhere} matches`)}
          </a>
        </p>
      ) : null}
      {anyPriority > 0 ? (
        <p>
          <a href={viewUrl({ ...withStatus(view, "all"), priority: undefined })} safe>
            {plural(anyPriority, "match with another priority", "matches with another priority")}
          </a>
        </p>
      ) : null}
      <p>
        <a href={viewUrl({ ...view, label: labelOfPage(view), q: "", priority: undefined, assignee: undefined })}>
          Show all tasks
        </a>
      </p>
    </>
  );
}

function NoTasks({ view, totals, viewOnly = false }: ListStatusProps & Pick<EmptyStateProps, "viewOnly">) {
  if (view.due === "today") {
    return (
      <>
        <p class="empty-title">Nothing due today.</p>
        <p>
          Tasks appear here on their due date, or once they have started, and stay until they are done. A task that you
          add here is due today.
        </p>
      </>
    );
  }
  if (view.due === "upcoming") {
    return (
      <>
        <p class="empty-title">Nothing coming up.</p>
        <p>Give a task a due date, and it appears here on its day. With the focus on a task, press d.</p>
      </>
    );
  }
  if (totals.open + totals.completed === 0) {
    return (
      <>
        <p class="empty-title">Nothing here yet.</p>
        <p>{viewOnly ? "Tasks that others add to this project appear here." : "Type a task above and press Enter."}</p>
      </>
    );
  }
  if (view.status === "completed") {
    return (
      <>
        <p class="empty-title">Nothing completed yet.</p>
        <p>Completed tasks appear here.</p>
      </>
    );
  }
  return (
    <>
      <p class="empty-title">All done.</p>
      <p safe>{`${plural(totals.completed, "task")} completed. Enjoy the quiet.`}</p>
    </>
  );
}

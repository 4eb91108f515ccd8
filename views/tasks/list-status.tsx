import type { Totals } from "../../src/features/tasks/model.ts";
import { isFiltered, type TaskView, viewUrl } from "../../src/features/tasks/view.ts";
import { plural } from "../ui/plural.ts";

/** The counts of a list and the text of an empty one. Each action sends them again. */
interface ListStatusProps {
  view: TaskView;
  totals: Totals;
}

const TABS = [
  ["open", "Open"],
  ["completed", "Completed"],
  ["all", "All"],
] as const;

/** The statuses with their counts. @param swap set in a response that updates an open page */
export function Tabs({ view, totals, swap }: ListStatusProps & { swap?: "outerMorph" }) {
  const counts = { open: totals.open, completed: totals.completed, all: totals.open + totals.completed };
  return (
    <nav class="tabs" id="tabs" aria-label="Status" hx-swap-oob={swap}>
      {TABS.map(([status, name]) => {
        const url = viewUrl({ ...view, status });
        return (
          <a
            class="tab"
            href={url}
            hx-get={url}
            hx-target="#results"
            hx-select="#results"
            hx-select-oob="#list-status:outerMorph"
            hx-swap="outerHTML"
            hx-push-url="true"
            id={`tab-${status}`}
            aria-current={status === view.status ? "page" : undefined}
          >
            {name}{" "}
            <span class="count" safe>
              {counts[status].toLocaleString("en")}
            </span>
          </a>
        );
      })}
      <p
        class="visually-hidden"
        role="status"
        safe
      >{`${plural(counts[view.status], "task")} ${isFiltered(view) ? "match" : "in this list"}`}</p>
    </nav>
  );
}

/** Announces the number of tasks to screen readers. Stays while the list around it is replaced. */
export function ListStatus({ view, totals, swap }: ListStatusProps & { swap?: "outerMorph" }) {
  const count = { open: totals.open, completed: totals.completed, all: totals.open + totals.completed }[view.status];
  return (
    <p class="visually-hidden" id="list-status" role="status" hx-swap-oob={swap} safe>
      {`${plural(count, "task")} ${isFiltered(view) ? "found" : "in this list"}`}
    </p>
  );
}

/** Says why the list is empty and what to do. The style sheet shows it when there are no rows. */
export function EmptyState({ view, totals, swap }: ListStatusProps & { swap?: "outerHTML" }) {
  return (
    <div class="empty" id="empty" hx-swap-oob={swap}>
      <EmptyText view={view} totals={totals} />
    </div>
  );
}

function EmptyText({ view, totals }: ListStatusProps) {
  if (isFiltered(view)) {
    const reason: string = view.q ? `Nothing matches “${view.q}”.` : "No task has this priority.";
    return (
      <>
        <p class="empty-title" safe>
          {reason}
        </p>
        <p>
          <a href={viewUrl({ ...view, q: "", priority: undefined })}>Show all tasks</a>
        </p>
      </>
    );
  }
  if (totals.open + totals.completed === 0) {
    return (
      <>
        <p class="empty-title">Nothing here yet.</p>
        <p>Type a task above and press Enter.</p>
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

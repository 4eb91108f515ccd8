import type { Actor } from "../../src/accounts/model.ts";
import type { Issue } from "../../src/errors.ts";
import type { Theme } from "../../src/http/pages.ts";
import { PRIORITIES, type TaskPage, type Totals } from "../../src/tasks/model.ts";
import { isNarrowed, type TaskView, viewUrl } from "../../src/tasks/view.ts";
import { Icon } from "../icon.tsx";
import { Layout } from "../layout.tsx";
import type { ToastProps } from "../toast.tsx";
import { AddForm } from "./add-form.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { EmptyPanel } from "./panel.tsx";
import { TaskRow } from "./row.tsx";
import { PRIORITY_NAMES, plural, SORT_NAMES } from "./words.ts";

interface TaskListProps {
  actor: Actor;
  theme: Theme;
  view: TaskView;
  page: TaskPage;
  /** Not the first page: reached without JavaScript, which would have added it below. */
  continued?: boolean;
  notice?: ToastProps | undefined;
  /** What was typed into the add form and refused. */
  draft?: { title: string; priority: string; issues: readonly Issue[] };
}

export function TaskListPage({ actor, theme, view, page, continued = false, notice, draft }: TaskListProps) {
  return (
    <Layout
      title="Tasks"
      theme={theme}
      actor={actor}
      notice={notice}
      skipTo={{ id: "task-list", label: "Skip to the list" }}
    >
      <div class="workspace">
        <div class="column">
          <div class="list-head">
            <h1>Tasks</h1>
            <AddForm {...draft} />
            <Filters view={view} />
          </div>
          <ListStatus view={view} totals={page.totals} />
          <div id="results">
            <input type="hidden" name="status" value={view.status} form="filters" />
            <Tabs view={view} totals={page.totals} />
            {continued && (
              <p class="continued">
                <a href={viewUrl(view)}>
                  <Icon name="arrow-left" /> Back to the start of the list
                </a>
              </p>
            )}
            <ul class="task-list" id="task-list" tabindex="-1">
              {page.items.map((task) => (
                <TaskRow task={task} />
              ))}
              {page.nextCursor ? <LoadMore url={viewUrl(view, page.nextCursor)} /> : null}
            </ul>
            <EmptyState view={view} totals={page.totals} />
          </div>
          <BulkBar />
        </div>
        <EmptyPanel />
      </div>
    </Layout>
  );
}

/** Takes itself away for the rows that follow: when it comes into sight, or when it is pressed. */
const LoadMore = ({ url }: { url: string }) => (
  <li class="load-more">
    <a
      class="btn btn-quiet"
      href={url}
      hx-get={url}
      hx-trigger="intersect once, click"
      hx-target="closest li"
      hx-select="#task-list > li"
      hx-swap="outerHTML"
    >
      Load more
    </a>
  </li>
);

const TABS = [
  ["open", "Open"],
  ["completed", "Completed"],
  ["all", "All"],
] as const;

/** The statuses with their counts. @param swap set in an answer that puts new counts on a page that is open */
export function Tabs({ view, totals, swap }: { view: TaskView; totals: Totals; swap?: "outerMorph" }) {
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
      >{`${plural(counts[view.status], "task")} ${isNarrowed(view) ? "match" : "in this list"}`}</p>
    </nav>
  );
}

/** Tells a screen reader what a search or a change has left; stays while the list around it is exchanged. */
export function ListStatus({ view, totals, swap }: { view: TaskView; totals: Totals; swap?: "outerMorph" }) {
  const count = { open: totals.open, completed: totals.completed, all: totals.open + totals.completed }[view.status];
  return (
    <p class="visually-hidden" id="list-status" role="status" hx-swap-oob={swap} safe>
      {`${plural(count, "task")} ${isNarrowed(view) ? "found" : "in this list"}`}
    </p>
  );
}

/** Says why the list is empty and what to do about it; the style sheet shows it when no row is left. */
export function EmptyState({ view, totals, swap }: { view: TaskView; totals: Totals; swap?: "outerHTML" }) {
  return (
    <div class="empty" id="empty" hx-swap-oob={swap}>
      <EmptyWords view={view} totals={totals} />
    </div>
  );
}

function EmptyWords({ view, totals }: { view: TaskView; totals: Totals }) {
  if (isNarrowed(view)) {
    const reason: string = view.q ? `Nothing matches “${view.q}”.` : "No task has this priority.";
    return (
      <>
        <p class="empty-title" safe>
          {reason}
        </p>
        <p>
          <a href={viewUrl({ ...view, q: "", priority: undefined })}>Show everything</a>
        </p>
      </>
    );
  }
  if (totals.open + totals.completed === 0) {
    return (
      <>
        <p class="empty-title">Nothing here yet.</p>
        <p>Write what is to be done in the line above and press Enter.</p>
      </>
    );
  }
  if (view.status === "completed") {
    return (
      <>
        <p class="empty-title">Nothing completed yet.</p>
        <p>Tick a task and it will be here.</p>
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

function Filters({ view }: { view: TaskView }) {
  const narrowed = view.priority !== undefined || view.sort !== "createdAt" || view.order !== "desc";
  return (
    <form
      id="filters"
      class="filters"
      aria-label="Filter"
      method="get"
      action="/tasks"
      hx-get="/tasks"
      hx-trigger="input delay:200ms from:#q, change, submit"
      hx-sync="this:replace"
      hx-target="#results"
      hx-select="#results"
      hx-select-oob="#list-status:outerMorph"
      hx-swap="outerHTML"
      hx-replace-url="true"
    >
      <div class="search">
        <Icon name="search" />
        <input
          class="form-control"
          id="q"
          name="q"
          type="search"
          value={view.q}
          placeholder="Search"
          aria-label="Search tasks"
          autocomplete="off"
        />
      </div>
      <details class="view-menu">
        <summary class="btn btn-quiet" data-active={narrowed ? "" : undefined}>
          <Icon name="sliders" /> View
        </summary>
        <div class="view-sheet">
          <Select
            name="priority"
            label="Priority"
            value={view.priority ?? ""}
            options={[
              ["", "Any"],
              ...PRIORITIES.toReversed().map((priority) => [priority, PRIORITY_NAMES[priority]] as const),
            ]}
          />
          <Select name="sort" label="Sort by" value={`${view.sort}.${view.order}`} options={SORT_NAMES} />
        </div>
      </details>
      <noscript>
        <button class="btn btn-quiet" type="submit">
          Show
        </button>
      </noscript>
    </form>
  );
}

function Select({
  name,
  label,
  value,
  options,
}: {
  name: string;
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
}) {
  return (
    <label class="select-field">
      <span safe>{label}</span>
      <select class="form-select" name={name} id={`view-${name}`}>
        {options.map(([option, text]) => (
          <option value={option} selected={option === value} safe>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

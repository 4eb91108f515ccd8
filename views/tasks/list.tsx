import type { TaskPage } from "../../src/features/tasks/model.ts";
import { type TaskView, viewUrl } from "../../src/features/tasks/view.ts";
import type { Frame } from "../../src/http/pages.ts";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { type AddDraft, AddForm } from "./add-form.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { Filters } from "./filters.tsx";
import { EmptyState, ListStatus, Tabs } from "./list-status.tsx";
import { EmptyPanel } from "./panel.tsx";
import { TaskRow } from "./row.tsx";

interface TaskListProps {
  frame: Frame;
  view: TaskView;
  page: TaskPage;
  /** Not the first page: JavaScript would have added the rows below the others. */
  continued?: boolean;
  /** What was typed into the add form and rejected. */
  draft?: AddDraft | undefined;
}

export function TaskListPage({ frame, view, page, continued = false, draft }: TaskListProps) {
  return (
    <Layout title="Tasks" frame={frame} skipTo={{ id: "task-list", label: "Skip to the list" }}>
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
          <p class="list-foot">
            <a class="quiet-link" href="/trash">
              <Icon name="trash" /> Trash
            </a>
            <a class="quiet-link" href="/activity">
              <Icon name="clock" /> Activity
            </a>
          </p>
          <BulkBar />
        </div>
        <EmptyPanel />
      </div>
    </Layout>
  );
}

/** Loads the following rows in its place, when it becomes visible or is clicked. */
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

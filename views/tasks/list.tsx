import type { Issue } from "../../src/errors.ts";
import type { Actor } from "../../src/features/accounts/model.ts";
import type { TaskPage } from "../../src/features/tasks/model.ts";
import { type TaskView, viewUrl } from "../../src/features/tasks/view.ts";
import type { Theme } from "../../src/http/pages.ts";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import type { ToastProps } from "../ui/toast.tsx";
import { AddForm } from "./add-form.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { Filters } from "./filters.tsx";
import { EmptyState, ListStatus, Tabs } from "./list-status.tsx";
import { EmptyPanel } from "./panel.tsx";
import { TaskRow } from "./row.tsx";

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

import type { Calendar } from "../../src/calendar.ts";
import { inChunks } from "../../src/chunks.ts";
import { priorityWords, type Task, type TaskPage } from "../../src/features/tasks/model.ts";
import { placeOf, type TaskView, viewUrl } from "../../src/features/tasks/view.ts";
import type { Frame } from "../../src/http/pages.ts";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { Markdown } from "../ui/markdown.tsx";
import { Moment } from "../ui/moment.tsx";
import { plural } from "../ui/plural.ts";

interface PrintPageProps {
  frame: Frame;
  view: TaskView;
  page: TaskPage;
  /** The name of the list. */
  name: string;
  /** The titles of the tasks that notes link to, by id. */
  titles: ReadonlyMap<string, string>;
}

interface PrintedProps {
  task: Task;
  calendar: Calendar;
  titles: ReadonlyMap<string, string>;
}

/** A list as a document: all of its rows, with their whole text. Other requests run while they are rendered. */
export async function PrintPage({ frame, view, page: { items, totals }, name: title, titles }: PrintPageProps) {
  const all = { open: totals.open, completed: totals.completed, all: totals.open + totals.completed }[view.status];
  const name = { open: "Open", completed: "Completed", all: "All" }[view.status];
  const parts = [
    all > items.length
      ? `the first ${items.length.toLocaleString("en")} of ${plural(all, "task")}`
      : plural(all, "task"),
    ...(view.priority ? [priorityWords(view.priority).toLowerCase()] : []),
    ...(view.q ? [`with “${view.q}”`] : []),
  ];
  const rows: JSX.Element[] = [];
  // Notes can be long.
  for await (const chunk of inChunks(items, 10))
    rows.push(...chunk.map((task) => <PrintedRow task={task} calendar={frame.calendar} titles={titles} />));
  return (
    <Layout title={title} frame={frame} current={placeOf(view)}>
      <div class="column">
        <p class="panel-top">
          <a class="quiet-link" href={viewUrl(view)}>
            <Icon name="arrow-left" /> <span safe>{title}</span>
          </a>
        </p>
        <div id="printed-list">
          <h1 safe>{title}</h1>
          <p class="printed-meta" safe>{`${name}: ${parts.join(", ")}`}</p>
          <ul class="printed-list">{rows.join("") as "safe"}</ul>
        </div>
      </div>
    </Layout>
  );
}

const PrintedRow = ({ task, calendar, titles }: PrintedProps) => (
  <li data-priority={task.priority} data-completed={task.completed ? "" : undefined}>
    <span class="tick-circle">
      <Icon name="check" />
    </span>
    <div>
      <h2 dir="auto" safe>
        {task.title}
      </h2>
      <PrintedDetails task={task} calendar={calendar} titles={titles} />
    </div>
  </li>
);

/** The open task as a document, in place of its form. */
export const PrintedTask = ({ task, calendar, titles }: PrintedProps) => (
  <div class="printed-task">
    <h1 dir="auto" data-printed="title" safe>
      {task.title}
    </h1>
    <PrintedDetails task={task} calendar={calendar} titles={titles} />
  </div>
);

const PrintedDetails = ({ task: { priority, labels, completedAt, description }, calendar, titles }: PrintedProps) => (
  <>
    <p class="printed-meta">
      {priority === "none" ? "" : <span safe>{priorityWords(priority)}</span>}
      {labels.length > 0 ? <span safe>{labels.join(", ")}</span> : null}
      {completedAt ? (
        <span>
          Done <Moment at={completedAt} calendar={calendar} />
        </span>
      ) : null}
    </p>
    <div class="printed-text" data-printed="description">
      {description.trim() === "" ? null : <Markdown text={description} titles={titles} />}
    </div>
  </>
);

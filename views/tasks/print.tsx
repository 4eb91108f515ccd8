import type { Calendar } from "../../src/calendar.ts";
import { inChunks } from "../../src/chunks.ts";
import { priorityWords, type Task, type TaskPage } from "../../src/features/tasks/model.ts";
import type { Relatives } from "../../src/features/tasks/relatives.ts";
import type { Section } from "../../src/features/tasks/section-model.ts";
import { isTree, placeOf, type TaskView, viewUrl } from "../../src/features/tasks/view.ts";
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
  /** Of the project, in manual order. */
  sections: readonly Section[];
  /** What is said of other tasks, by id. */
  relatives: ReadonlyMap<string, Relatives>;
}

interface PrintedProps {
  task: Task;
  calendar: Calendar;
  titles: ReadonlyMap<string, string>;
}

/** A list as a document: all of its rows, with their whole text. Other requests run while they are rendered. */
export async function PrintPage({ frame, view, page, name: title, titles, sections, relatives }: PrintPageProps) {
  const { items, totals } = page;
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
  let last = "";
  // Notes can be long.
  for await (const chunk of inChunks(items, 10))
    for (const task of chunk) {
      const group = task.completed ? "completed" : (task.sectionId ?? "");
      const heading = task.completed ? "Completed" : sections.find(({ id }) => id === group)?.name;
      if (sections.length > 0 && group !== last && heading) rows.push(<PrintedHead name={heading} />);
      last = group;
      const { level, parent } = relatives.get(task.id) ?? { level: 0 };
      rows.push(
        <PrintedRow
          task={task}
          calendar={frame.calendar}
          titles={titles}
          {...(isTree(view) && !task.completed ? { level } : { parent })}
        />,
      );
    }
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

/** The heading of a section. */
const PrintedHead = ({ name }: { name: string }) => (
  <li class="printed-head">
    <h2 dir="auto" safe>
      {name}
    </h2>
  </li>
);

/** @param level how many parents are above it @param parent the title of its parent, where that is not above it */
const PrintedRow = ({
  task,
  calendar,
  titles,
  level = 0,
  parent,
}: PrintedProps & { level?: number; parent?: string | undefined }) => (
  <li
    data-priority={task.priority}
    data-completed={task.completed ? "" : undefined}
    data-level={level > 0 ? String(level) : undefined}
  >
    <span class="tick-circle">
      <Icon name="check" />
    </span>
    <div>
      <p class="printed-title" dir="auto" safe>
        {task.title}
      </p>
      {parent === undefined ? null : <p class="printed-meta" dir="auto" safe>{`Subtask of ${parent}`}</p>}
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

import type { PropsWithChildren } from "@kitajs/html";
import type { Calendar } from "../../src/calendar.ts";
import { inChunks } from "../../src/chunks.ts";
import { FORMER_NAME } from "../../src/features/projects/model.ts";
import type { Completion } from "../../src/features/tasks/completions.ts";
import { priorityWords, type Task, type TaskPage } from "../../src/features/tasks/model.ts";
import type { Relatives } from "../../src/features/tasks/relatives.ts";
import type { Section } from "../../src/features/tasks/section-model.ts";
import {
  dueDateIn,
  isAgenda,
  isByDay,
  isTree,
  labelOfPage,
  nameOf,
  placeOf,
  type TaskView,
  viewUrl,
  withStatus,
} from "../../src/features/tasks/view.ts";
import type { Frame } from "../../src/http/pages.ts";
import { describeDate } from "../../src/text/dates.ts";
import { dueFor } from "../../src/text/due-date.ts";
import { ProjectHeading } from "../projects/project-heading.tsx";
import { isViewOnly, type ProjectsById, rowProject } from "../projects/project-icon.tsx";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { Day } from "../ui/moment.tsx";
import { type AddDraft, AddForm, AddLines } from "./add-form.tsx";
import { ArchivedSections } from "./archived-sections.tsx";
import { BulkBar } from "./bulk-bar.tsx";
import { CompletionRow, withCompletions } from "./completion-row.tsx";
import { DateMenu } from "./date-menu.tsx";
import { Filters, type ListPeople } from "./filters.tsx";
import { EmptyState, ListStatus } from "./list-status.tsx";
import { EmptyPanel, TaskPanel, type TaskPanelProps } from "./panel.tsx";
import { PendingRow, rowRelatives, TaskRow } from "./row.tsx";
import { AddSection, SectionHead } from "./section-head.tsx";

/** The task that is open beside the list. */
export type OpenTask = Omit<TaskPanelProps, "calendar" | "back" | "formKey">;

interface TaskListProps {
  frame: Frame;
  view: TaskView;
  projects: ProjectsById;
  people: ListPeople;
  relatives: ReadonlyMap<string, Relatives>;
  /** Of the project, in manual order. */
  sections: readonly Section[];
  /** Those of the project that are archived. */
  archived: readonly Section[];
  page: TaskPage;
  /** Of repeating tasks, between completed tasks. */
  completions?: readonly Completion[];
  /** How many tasks an empty list would have with any priority. */
  anyPriority: number;
  /** Not the first page: JavaScript would have added the rows below the others. */
  continued?: boolean;
  /** The group that the rows before these ended with. */
  after?: string | undefined;
  /** What was typed into the add form and rejected. */
  draft?: AddDraft | undefined;
  panel?: OpenTask | undefined;
}

/** The page of a list. Other requests run while many rows are rendered. */
export async function TaskListPage(props: TaskListProps) {
  const { frame, view, projects, people, page, anyPriority, continued = false, draft, panel } = props;
  const { rows, last } = await renderRows(props);
  const project = view.project ? projects.get(view.project) : undefined;
  return (
    <Layout
      title={panel?.task.title ?? project?.name ?? nameOf(view)}
      frame={frame}
      current={placeOf(view)}
      skipTo={{ id: "task-list", label: "Skip to the list" }}
    >
      <div class="workspace">
        <div class="column">
          <div class="list-head">
            <div class="list-name" id="list-name">
              {project ? (
                <ProjectHeading project={project} formKey={frame.formKey} isShared={people.members.length > 1} />
              ) : (
                <PlaceHeading view={view} calendar={frame.calendar} />
              )}
            </div>
            <Filters view={view} people={people} me={frame.actor?.user.id} />
          </div>
          {view.status === "completed" || project?.role === "viewer" ? null : (
            <div class="add-place">
              <AddForm
                priority={view.priority}
                dueDate={dueDateIn(view, frame.calendar)}
                view={view}
                projects={projects}
                {...draft}
                formKey={frame.formKey}
              />
              <AddLines />
            </div>
          )}
          <ListStatus view={view} totals={page.totals} />
          <div id="results">
            <Chips view={view} people={people} me={frame.actor?.user.id} />
            {continued && (
              <p class="continued">
                <a href={viewUrl(view)}>
                  <Icon name="arrow-left" /> Back to the start of the list
                </a>
              </p>
            )}
            <ul
              class="task-list"
              id="task-list"
              tabindex="-1"
              data-place={placeOf(view).slice(1)}
              data-tree={isTree(view) && project?.role !== "viewer" ? "" : undefined}
            >
              {rows.join("") as "safe"}
              {page.nextCursor ? <LoadMore view={view} cursor={page.nextCursor} after={last} /> : null}
            </ul>
            <EmptyState
              view={view}
              totals={page.totals}
              anyPriority={anyPriority}
              viewOnly={project?.role === "viewer"}
            />
            {project && project.role !== "viewer" && isTree(view) ? (
              <>
                <AddSection projectId={project.id} />
                <ArchivedSections sections={props.archived} calendar={frame.calendar} />
              </>
            ) : null}
            <BulkBar
              formKey={frame.formKey}
              view={view}
              projects={projects}
              members={people.members}
              sections={props.sections}
              totals={page.totals}
              more={continued || page.nextCursor !== null}
            />
          </div>
          <PendingRow />
          <DateMenu />
        </div>
        {panel ? (
          <TaskPanel {...panel} calendar={frame.calendar} back={viewUrl(view)} formKey={frame.formKey} />
        ) : (
          <EmptyPanel />
        )}
      </div>
    </Layout>
  );
}

/** Returns the rows, with a heading before each group of them, and the name of the last group. */
async function renderRows(props: TaskListProps) {
  const { frame, view, projects, people, relatives, page, completions = [], after, panel } = props;
  const { calendar } = frame;
  const isManual = view.sort === "manual";
  const rows: string[] = [];
  let last = after;
  for await (const chunk of inChunks(withCompletions(page.items, completions)))
    for (const { task, isCompletion } of chunk) {
      if (isManual) last = pushHeads(rows, props, task, last);
      const group = groupOf(task, view, calendar);
      if (group && group.id !== last) {
        last = group.id;
        rows.push((<GroupHead id={group.id}>{group.head as "safe"}</GroupHead>) as string);
      }
      if (isCompletion) {
        rows.push((<CompletionRow task={task} project={rowProject(task, view, projects)} />) as string);
        continue;
      }
      rows.push(
        TaskRow({
          task,
          calendar,
          project: rowProject(task, view, projects),
          assignee: people.names.get(task.assigneeId ?? ""),
          ...rowRelatives(relatives.get(task.id), view),
          ...(task.id === panel?.task.id && { current: true }),
          ...(isViewOnly(task, projects) && { viewOnly: true }),
        }),
      );
    }
  if (isManual && page.nextCursor === null) pushHeads(rows, props, undefined, last);
  return { rows, last };
}

/** Returns the group of a row, in a view that has groups. */
function groupOf(task: Task, view: TaskView, calendar: Calendar) {
  // What has started and is not due is for today.
  const day =
    isByDay(view) || isAgenda(view)
      ? (dayOf(task, view, calendar) ?? (isAgenda(view) ? calendar.today : undefined))
      : undefined;
  if (!day) return undefined;
  if (isByDay(view)) return { id: day.toString(), head: <DayHead day={day} calendar={calendar} /> };
  const isOver = Temporal.PlainDate.compare(day, calendar.today) < 0;
  return isOver
    ? { id: "overdue", head: <span class="overdue-head">Overdue</span> }
    : { id: "today", head: <span>Today</span> };
}

/** The group of completed tasks, which are below all sections. */
const COMPLETED = "completed";

/**
 * Adds the headings between the last task and the next one: of its section, and of empty sections.
 * @param task undefined at the end of the list
 * @returns the group of the task
 */
function pushHeads(rows: string[], { view, sections, projects }: TaskListProps, task: Task | undefined, last = "") {
  const groups = ["", ...sections.map(({ id }) => id), COMPLETED];
  const group = task?.completed ? COMPLETED : (task?.sectionId ?? "");
  const [from, to] = [Math.max(0, groups.indexOf(last)), task ? groups.indexOf(group) : groups.length - 1];
  if (to <= from) return last;
  const editable = projects.get(view.project ?? "")?.role !== "viewer";
  for (const section of sections.slice(from, to))
    if (isTree(view) || section.id === group)
      rows.push((<SectionHead section={section} editable={editable} />) as string);
  if (task?.completed)
    rows.push(
      (
        <GroupHead id={COMPLETED}>
          <span>Completed</span>
        </GroupHead>
      ) as string,
    );
  return group;
}

/** Returns the reader's date when a task is due, or was completed. */
function dayOf(task: Task, { due }: TaskView, { timeZone, now }: Calendar) {
  const date = due ? dueFor(task, timeZone, now)?.date : task.completedAt;
  if (!date) return undefined;
  return due ? Temporal.PlainDate.from(date) : Temporal.Instant.from(date).toZonedDateTimeISO(timeZone).toPlainDate();
}

/** A day: as people say it, and as it is written. */
function DayHead({ day, calendar }: { day: Temporal.PlainDate; calendar: Calendar }) {
  const { text, date } = describeDate(day, undefined, calendar);
  return (
    <>
      <Day date={day} calendar={calendar} />{" "}
      {text === date ? null : (
        <span class="day-date" safe>
          {date}
        </span>
      )}
    </>
  );
}

/** The heading of a list over several projects. */
const PlaceHeading = ({ view, calendar }: { view: TaskView; calendar: Calendar }) => (
  <>
    <h1 dir="auto" safe>
      {nameOf(view)}
    </h1>
    {view.due === "today" ? (
      <span class="day-date" safe>
        {describeDate(calendar.today, undefined, calendar).title}
      </span>
    ) : null}
  </>
);

/** The heading of a group of rows. The script hides it while the group has none. */
const GroupHead = ({ id, children }: PropsWithChildren<{ id: string }>) => (
  <li class="group-head" id={`group-${id}`}>
    <h2>{children}</h2>
  </li>
);

/** What narrows or widens the list, each with a link that removes it. */
function Chips({ view, people, me }: { view: TaskView; people: ListPeople; me: string | undefined }) {
  const chips: [string, TaskView][] = [];
  if (view.priority) chips.push([priorityWords(view.priority), { ...view, priority: undefined }]);
  if (view.assignee) {
    const name = view.assignee === me ? "me" : (people.names.get(view.assignee) ?? FORMER_NAME);
    chips.push([`Assigned to ${name}`, { ...view, assignee: undefined }]);
  }
  if (view.label !== labelOfPage(view)) chips.push([`Label: ${view.label}`, { ...view, label: undefined }]);
  if (view.status === "all") chips.push(["With completed", withStatus(view, "open")]);
  if (chips.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters">
      {chips.map(([name, without]) => (
        <li>
          <a class="chip" href={viewUrl(without)}>
            <span class="visually-hidden">Remove: </span>
            <span safe>{name}</span> <Icon name="close" />
          </a>
        </li>
      ))}
    </ul>
  );
}

/** Loads the following rows in its place, when it becomes visible or is clicked. */
function LoadMore({ view, cursor, after }: { view: TaskView; cursor: string; after: string | undefined }) {
  return (
    <li class="load-more">
      <a
        class="btn btn-quiet"
        href={viewUrl(view, { cursor })}
        hx-get={viewUrl(view, { cursor, ...(after && { after }) })}
        hx-trigger="intersect once, click"
        hx-target="closest li"
        hx-select="#task-list > li"
        hx-swap="outerHTML"
      >
        Load more
      </a>
      <span class="print-note">More tasks follow. To print all of them, use Print in the View menu.</span>
    </li>
  );
}

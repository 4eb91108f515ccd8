import { Cache } from "../../src/cache.ts";
import type { Calendar } from "../../src/calendar.ts";
import type { Task } from "../../src/features/tasks/model.ts";
import type { Relatives } from "../../src/features/tasks/relatives.ts";
import { isTree, labelUrl, type TaskView } from "../../src/features/tasks/view.ts";
import type { RowProject } from "../projects/project-icon.tsx";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";
import { Initials } from "../ui/initials.tsx";
import { dueWords } from "./due.tsx";
import { RowDetails, startsLater } from "./row-details.tsx";

export interface TaskRowProps {
  task: Task;
  calendar: Calendar;
  /** The project of the task, where the list has several. */
  project?: RowProject | undefined;
  /** Who is assigned. */
  assignee?: string | undefined;
  /** How many parents are above it, where they are shown. */
  level?: number | undefined;
  /** The title of its parent, where that is not shown. */
  parent?: string | undefined;
  /** How many of its subtasks are completed. */
  progress?: Relatives["progress"];
  /** How htmx replaces the existing row; left out in a list. */
  swap?: "outerMorph" | "outerHTML";
  /** The task no longer belongs in the view: the row shows the change, then folds away. */
  leaving?: boolean;
  /** The task is open in the panel. */
  current?: boolean;
  /** The reader can't change it. */
  viewOnly?: boolean;
}

/** Returns what a row says about its parent and its subtasks. */
export const rowRelatives = (relatives: Relatives | undefined, view: TaskView) =>
  relatives && {
    ...(isTree(view) ? { level: relatives.level || undefined } : { parent: relatives.parent }),
    progress: relatives.progress,
  };

/** Characters of rows and their keys that a process keeps: about 4,000 rows. */
const MAX_CHARACTERS = 8 * 1024 * 1024;
const rendered = new Cache<{ row: string; size: number }>(MAX_CHARACTERS, ({ size }) => size);

/**
 * One task in a list: the same on first load, after an action and in a live update. Rendering a row costs ten times as
 * much as finding it by everything that it depends on: its properties, and of the calendar the words for its dates.
 */
export function TaskRow(props: TaskRowProps): string {
  const { task, calendar } = props;
  const hasDates = task.completedAt !== null || startsLater(task, calendar);
  const shown = hasDates ? { ...calendar, now: undefined } : undefined;
  const key = JSON.stringify({ ...props, calendar: shown, due: dueWords(task, calendar) });
  const known = rendered.get(key);
  if (known) return known.row;
  const row = renderRow(props) as string;
  row.charCodeAt(0); // Joins its pieces, which a page would have to do each time.
  rendered.set(key, { row, size: key.length + row.length });
  return row;
}

function renderRow(props: TaskRowProps) {
  const { task, calendar, project, assignee, level, parent, progress, swap, leaving = false, current = false } = props;
  const { viewOnly = false } = props;
  const { id, title, priority, completed } = task;
  return (
    <li
      class={leaving ? "task leaving" : "task"}
      id={`task-${id}`}
      data-priority={priority}
      data-completed={completed ? "" : undefined}
      data-level={level ? String(level) : undefined}
      data-view-only={viewOnly ? "" : undefined}
      hx-swap-oob={swap}
    >
      <form
        class="task-tick"
        method="post"
        action={`/tasks/${id}/completion`}
        hx-post={`/tasks/${id}/completion`}
        hx-swap="none"
      >
        <input type="hidden" name="completed" value={String(!completed)} />
        {task.repeat ? <input type="hidden" name="occurrence" value={attribute(task.dueDate ?? "")} /> : null}
        <button
          class="tick"
          type="submit"
          aria-label={attribute(`${completed ? "Reopen" : "Complete"}: ${title}`)}
          disabled={viewOnly}
        >
          <span class="tick-circle">
            <Icon name="check" />
          </span>
        </button>
      </form>
      <a
        class="task-link"
        href={`/tasks/${id}`}
        hx-get={`/tasks/${id}`}
        hx-target="#panel"
        hx-select="#panel"
        hx-swap="outerHTML"
        hx-push-url="true"
        aria-current={current ? "true" : undefined}
      >
        <span class="task-head">
          <span class="task-title" dir="auto" safe>
            {title}
          </span>
        </span>
        <RowDetails task={task} calendar={calendar} project={project} parent={parent} progress={progress} />
        {priority === "high" && <HighFlag />}
        {assignee ? <Assignee name={assignee} /> : null}
      </a>
      <RowLabels labels={task.labels} />
      {viewOnly ? null : (
        <label class="task-select">
          <span class="visually-hidden" safe>{`Select: ${title}`}</span>
          <input class="form-check-input" type="checkbox" name="ids" value={id} form="bulk" />
        </label>
      )}
    </li>
  );
}

/** The labels that a row shows of a task. */
const SHOWN_LABELS = 3;

/** The labels of a task, each with a link to its page. */
const RowLabels = ({ labels }: Pick<Task, "labels">) =>
  labels.length === 0 ? null : (
    <span class="task-labels">
      {labels.slice(0, SHOWN_LABELS).map((label) => (
        <a class="label" href={labelUrl(label)} dir="auto" aria-label={attribute(`Label: ${label}`)} safe>
          {label}
        </a>
      ))}
      {labels.length > SHOWN_LABELS ? (
        <span class="label-more" title={attribute(labels.slice(SHOWN_LABELS).join(", "))}>
          {`+${labels.length - SHOWN_LABELS}` as "safe"}
        </span>
      ) : null}
    </span>
  );

/** The initials of who is assigned. The name is on hover, and for screen readers. */
const Assignee = ({ name }: { name: string }) => (
  <span class="task-assignee" title={attribute(name)}>
    <Initials username={name} />
    <span class="visually-hidden" safe>{`Assigned to ${name}`}</span>
  </span>
);

const HighFlag = () => (
  <span class="task-flag">
    <Icon name="flag" />
    <span class="visually-hidden">High priority</span>
  </span>
);

/** What a script shows for a new task until the server has responded. It has the height of the row that replaces it. */
export const PendingRow = () => (
  <template id="pending-row">
    <li class="task pending">
      <span class="tick">
        <span class="tick-circle" />
      </span>
      <span class="task-link">
        <span class="task-head">
          <span class="task-title" dir="auto" />
        </span>
        <span class="task-meta" />
        <HighFlag />
      </span>
      <span class="pending-mark" />
    </li>
  </template>
);

/** Keeps the place of a removed row, so that Undo can put it back there. */
export const GoneRow = ({ id }: { id: string }) => (
  <li id={`task-${id}`} class="task-gone" hidden hx-swap-oob="outerHTML" />
);

import { PRIORITY_LABELS, type Task } from "../../src/features/tasks/model.ts";
import { truncate } from "../../src/text/truncate.ts";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";
import { Moment } from "../ui/moment.tsx";

/** Characters of the description that a row shows. */
const SUMMARY = 140;

interface TaskRowProps {
  task: Task;
  /** How htmx replaces the existing row; left out in a list. */
  swap?: "outerMorph" | "outerHTML";
  /** The task no longer belongs in the view: the row shows the change, then folds away. */
  leaving?: boolean;
}

/** One task in a list: the same on first load, after an action and in a live update. */
export function TaskRow({ task, swap, leaving = false }: TaskRowProps) {
  const { id, title, description, priority, completed, completedAt } = task;
  const summary = description.trim().split("\n", 1)[0] ?? "";
  return (
    <li
      class={leaving ? "task leaving" : "task"}
      id={`task-${id}`}
      data-priority={priority}
      data-completed={completed ? "" : undefined}
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
        <button class="tick" type="submit" aria-label={attribute(`${completed ? "Reopen" : "Complete"}: ${title}`)}>
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
      >
        <span class="task-title" dir="auto" safe>
          {title}
        </span>
        <span class="task-meta">
          {priority !== "medium" && (
            <span class="task-priority" safe>
              {`${PRIORITY_LABELS[priority]} priority`}
            </span>
          )}
          {completedAt ? (
            <span>
              Done <Moment at={completedAt} />
            </span>
          ) : null}
          {summary ? (
            <span class="task-summary">
              <bdi safe>{truncate(summary, SUMMARY)}</bdi>
            </span>
          ) : null}
        </span>
      </a>
      <form
        class="task-delete"
        method="post"
        action={`/tasks/${id}/deletion`}
        hx-post={`/tasks/${id}/deletion`}
        hx-swap="none"
      >
        <button class="icon-button" type="submit" aria-label={attribute(`Delete: ${title}`)} title="Delete">
          <Icon name="trash" />
        </button>
      </form>
      <label class="task-select">
        <span class="visually-hidden" safe>{`Select: ${title}`}</span>
        <input class="form-check-input" type="checkbox" name="ids" value={id} form="bulk" />
      </label>
    </li>
  );
}

/** Keeps the place of a removed row, so that Undo can put it back there. */
export const GoneRow = ({ id }: { id: string }) => (
  <li id={`task-${id}`} class="task-gone" hidden hx-swap-oob="outerHTML" />
);

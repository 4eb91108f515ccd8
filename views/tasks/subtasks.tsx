import type { Task } from "../../src/features/tasks/model.ts";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";

interface SubtasksProps {
  task: Task;
  /** The open ones in their order, then the completed ones. */
  subtasks: readonly Task[];
  /** Whether another one can be added. */
  canAdd: boolean;
  /** Whether the reader can't change them. */
  viewOnly: boolean;
}

/** The direct subtasks of the open task, and a line that adds one. */
export function Subtasks({ task, subtasks, canAdd, viewOnly }: SubtasksProps) {
  const completed = subtasks.filter((each) => each.completed).length;
  if (subtasks.length === 0 && !canAdd) return null;
  return (
    <section class="subtasks" aria-label="Subtasks">
      {subtasks.length > 0 ? (
        <h3>
          Subtasks{" "}
          <span class="subtask-count" safe>
            {`${completed}/${subtasks.length}`}
          </span>
        </h3>
      ) : null}
      <ul>
        {subtasks.map((each) => (
          <Subtask task={each} viewOnly={viewOnly} />
        ))}
      </ul>
      {canAdd ? (
        <form
          id="add-subtask"
          class="add-subtask"
          data-line
          method="post"
          action={`/tasks/${task.id}/subtasks`}
          hx-post={`/tasks/${task.id}/subtasks`}
          hx-swap="none"
          hx-sync="this:queue all"
        >
          <Icon name="plus" />
          <input
            class="form-control"
            name="title"
            id="subtask-title"
            placeholder="Add a subtask"
            aria-label="New subtask"
            autocomplete="off"
            dir="auto"
            required
          />
          <button class="btn btn-quiet needs-no-script" type="submit">
            Add
          </button>
        </form>
      ) : null}
    </section>
  );
}

const Subtask = ({ task: { id, title, completed, priority }, viewOnly }: { task: Task; viewOnly: boolean }) => (
  <li class="subtask" id={`subtask-${id}`} data-priority={priority} data-completed={completed ? "" : undefined}>
    <form method="post" action={`/tasks/${id}/completion`} hx-post={`/tasks/${id}/completion`} hx-swap="none">
      <input type="hidden" name="completed" value={String(!completed)} />
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
    <TaskLink id={id} title={title} />
  </li>
);

/** A link that opens another task in the panel. */
export const TaskLink = ({ id, title }: Pick<Task, "id" | "title">) => (
  <a
    class="subtask-link task-title"
    href={`/tasks/${id}`}
    hx-get={`/tasks/${id}`}
    hx-target="#panel"
    hx-select="#panel"
    hx-swap="outerHTML"
    hx-push-url="true"
    dir="auto"
    safe
  >
    {title}
  </a>
);

import type { Completion } from "../../src/features/tasks/completions.ts";
import type { Task } from "../../src/features/tasks/model.ts";
import { repeatWords } from "../../src/text/repeat-words.ts";
import type { RowProject } from "../projects/project-icon.tsx";
import { Icon } from "../ui/icon.tsx";
import { InProject } from "./row-details.tsx";

/** A row of completed tasks: a task, or a completion of a task that repeats. */
export interface Entry {
  /** As it was completed. */
  readonly task: Task;
  readonly isCompletion: boolean;
}

/** Returns tasks, sorted by completion, with the completions of repeating tasks between them. */
export function withCompletions(tasks: readonly Task[], completions: readonly Completion[]): Entry[] {
  const entries = tasks.map((task): Entry => ({ task, isCompletion: false }));
  if (completions.length === 0) return entries;
  const others = completions.map(({ task, at }): Entry => {
    return { task: { ...task, completed: true, completedAt: at }, isCompletion: true };
  });
  const at = ({ task }: Entry) => task.completedAt ?? "";
  return [...entries, ...others].sort((one, other) => (at(one) < at(other) ? 1 : at(one) > at(other) ? -1 : 0));
}

/** A completion of a task that repeats, with a link to the task, which is open again. */
export const CompletionRow = ({ task, project }: { task: Task; project?: RowProject | undefined }) => (
  <li
    class="task completion"
    id={`completion-${task.id}-${Date.parse(task.completedAt ?? "")}`}
    data-completed
    data-view-only
  >
    <span class="tick">
      <span class="tick-circle">
        <Icon name="check" />
      </span>
    </span>
    <a
      class="task-link"
      href={`/tasks/${task.id}`}
      hx-get={`/tasks/${task.id}`}
      hx-target="#panel"
      hx-select="#panel"
      hx-swap="outerHTML"
      hx-push-url="true"
    >
      <span class="task-head">
        <span class="task-title" dir="auto" safe>
          {task.title}
        </span>
      </span>
      <span class="task-meta">
        {task.repeat ? <span safe>{repeatWords(task.repeat)}</span> : null}
        <InProject project={project} />
      </span>
    </a>
  </li>
);

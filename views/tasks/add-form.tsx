import type { Issue } from "../../src/errors.ts";
import { PRIORITIES, PRIORITY_LABELS, priorityWords, TASK_DEFAULTS } from "../../src/features/tasks/model.ts";
import { addUrl, type TaskView } from "../../src/features/tasks/view.ts";
import { choicesOf, type ProjectsById } from "../projects/project-icon.tsx";
import { ProjectSelect } from "../projects/project-select.tsx";
import { attribute } from "../ui/attribute.ts";
import { FormKey } from "../ui/form-key.tsx";
import { Icon } from "../ui/icon.tsx";

/** What was typed, and what is wrong with it. */
export interface AddDraft {
  title?: string;
  priority?: string | undefined;
  dueDate?: string | null | undefined;
  projectId?: string | undefined;
  issues?: readonly Issue[];
}

interface AddFormProps extends AddDraft {
  /** Set in a response to htmx: what is typed stays, and its issues show. */
  swap?: "outerMorph";
  formKey?: string | undefined;
  view: TaskView;
  projects: ProjectsById;
}

/** Offers to add each of the pasted lines as a task. The script fills it in and shows it. */
export const AddLines = () => (
  <form
    id="add-lines"
    class="add-lines"
    method="post"
    action="/tasks/lines"
    hx-post="/tasks/lines"
    hx-swap="none"
    hx-sync="this:drop"
    aria-label="Pasted lines"
    hidden
  >
    <input type="hidden" name="lines" />
    <button class="btn btn-primary" type="submit">
      Add tasks
    </button>
    <button class="btn btn-quiet" type="button" data-one-task>
      Keep as one
    </button>
  </form>
);

/** The line for a new task. */
export function AddForm({
  title = "",
  priority = TASK_DEFAULTS.priority,
  dueDate,
  projectId,
  issues = [],
  swap,
  formKey,
  view,
  projects,
}: AddFormProps) {
  return (
    <form
      id="add"
      class="add"
      method="post"
      action={attribute(addUrl(view))}
      hx-post="/tasks"
      hx-swap="none"
      hx-sync="this:queue all"
      hx-swap-oob={swap}
    >
      <FormKey value={formKey} />
      <div class="add-line">
        <Icon name="plus" />
        <input
          class="add-title"
          id="add-title"
          name="title"
          value={attribute(title)}
          placeholder="Add a task"
          aria-label="New task"
          autocomplete="off"
          dir="auto"
          autofocus={issues.length > 0}
          aria-invalid={issues.length > 0 ? "true" : undefined}
          aria-describedby="add-issue"
        />
        <input
          class="add-date"
          type="date"
          name="dueDate"
          id="add-date"
          value={attribute(dueDate ?? "")}
          aria-label="Due date"
          title="Due date"
        />
        <select class="add-priority" name="priority" id="add-priority" aria-label="Priority" title="Priority">
          {PRIORITIES.toReversed().map((option) => (
            <option value={option} selected={option === priority} safe>
              {option === "none" ? priorityWords(option) : PRIORITY_LABELS[option]}
            </option>
          ))}
        </select>
        {view.label ? <input type="hidden" name="labels" value={attribute(view.label)} /> : null}
        {view.project ? (
          <input type="hidden" name="projectId" id="add-project" value={attribute(view.project)} />
        ) : (
          <ProjectSelect
            class="add-priority"
            id="add-project"
            label="Project"
            projects={choicesOf(projects)}
            value={projectId}
          />
        )}
        <button class="btn btn-primary add-button" type="submit" aria-label="Add task">
          <span class="add-word">Add task</span>
          <Icon name="plus" />
        </button>
      </div>
      <p class="field-issue" id="add-issue" role="alert" safe>
        {issues.map(({ message }) => message).join(" ")}
      </p>
      <p class="form-text" id="add-waiting" role="status"></p>
    </form>
  );
}

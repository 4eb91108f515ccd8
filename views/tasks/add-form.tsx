import type { Issue } from "../../src/errors.ts";
import { PRIORITIES, PRIORITY_LABELS } from "../../src/features/tasks/model.ts";
import { attribute } from "../ui/attribute.ts";
import { Icon } from "../ui/icon.tsx";

/** What was typed, and what is wrong with it. */
export interface AddDraft {
  title?: string;
  priority?: string;
  issues?: readonly Issue[];
}

interface AddFormProps extends AddDraft {
  /** Set in a response to htmx: what is typed stays, and its issues show. */
  swap?: "outerMorph";
}

/** The line for a new task. */
export function AddForm({ title = "", priority = "medium", issues = [], swap }: AddFormProps) {
  return (
    <form
      id="add"
      class="add"
      method="post"
      action="/tasks"
      hx-post="/tasks"
      hx-swap="none"
      hx-sync="this:queue all"
      hx-swap-oob={swap}
    >
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
        <select class="add-priority" name="priority" id="add-priority" aria-label="Priority" title="Priority">
          {PRIORITIES.toReversed().map((option) => (
            <option value={option} selected={option === priority} safe>
              {PRIORITY_LABELS[option]}
            </option>
          ))}
        </select>
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

import type { Member } from "../../src/features/sharing/model.ts";
import { MAX_BULK, MAX_MATCHING, PRIORITIES, priorityWords, type Totals } from "../../src/features/tasks/model.ts";
import type { Section } from "../../src/features/tasks/section-model.ts";
import { type TaskView, viewUrl } from "../../src/features/tasks/view.ts";
import { choicesOf, type ProjectsById } from "../projects/project-icon.tsx";
import { ProjectSelect } from "../projects/project-select.tsx";
import { attribute } from "../ui/attribute.ts";
import { FormKey } from "../ui/form-key.tsx";
import { Icon } from "../ui/icon.tsx";
import { countOf } from "./list-status.tsx";

interface BulkScopeProps {
  view: TaskView;
  totals: Totals;
  /** Whether the page shows only some of the tasks that match. */
  more: boolean;
  /** Set in a response that updates an open page. */
  swap?: "outerMorph";
}

interface BulkBarProps extends BulkScopeProps {
  formKey: string | undefined;
  projects: ProjectsById;
  members: readonly Member[];
  /** Of the project, in its list. */
  sections: readonly Section[];
}

/** The actions for selected tasks. The style sheet shows the bar while there are any. */
export const BulkBar = ({ formKey, projects, members, sections, ...scope }: BulkBarProps) => (
  <form
    id="bulk"
    class="bulk-bar"
    method="post"
    action="/tasks/bulk"
    hx-post="/tasks/bulk"
    hx-swap="none"
    hx-sync="this:drop"
    aria-label="Selected tasks"
    data-most={String(MAX_BULK)}
  >
    <FormKey value={formKey} />
    <button class="icon-button needs-script" type="button" data-select-none aria-label="Clear the selection">
      <Icon name="close" />
    </button>
    <span class="bulk-count" id="bulk-count" role="status">
      Selected
    </span>
    <button class="btn btn-quiet needs-script" type="button" data-select-all>
      Select all
    </button>
    <BulkScope {...scope} />
    <span class="bulk-actions">
      <button class="btn btn-quiet" name="action" value="complete" type="submit">
        Complete
      </button>
      <button class="btn btn-quiet" name="action" value="reopen" type="submit">
        Reopen
      </button>
      <button class="btn btn-quiet btn-danger-quiet" name="action" value="delete" type="submit">
        <Icon name="trash" /> Delete
      </button>
    </span>
    <details class="menu bulk-more">
      <summary class="btn btn-quiet">More</summary>
      <div class="menu-sheet bulk-sheet">
        <span class="bulk-field">
          <input class="form-control" type="date" name="dueDate" aria-label="Due date for the selected" />
          <button class="btn btn-quiet" name="action" value="setDueDate" type="submit">
            Set date
          </button>
        </span>
        {choicesOf(projects).length > 1 ? (
          <span class="bulk-field">
            <ProjectSelect
              class="form-select"
              id="bulk-project"
              label="Project for the selected"
              projects={choicesOf(projects)}
              value={scope.view.project}
            />
            <button class="btn btn-quiet" name="action" value="move" type="submit">
              Move
            </button>
          </span>
        ) : null}
        {sections.length > 0 ? (
          <span class="bulk-field">
            <select class="form-select" name="sectionId" aria-label="Section for the selected">
              <option value="">No section</option>
              {sections.map(({ id, name }) => (
                <option value={attribute(id)} safe>
                  {name}
                </option>
              ))}
            </select>
            <button class="btn btn-quiet" name="action" value="moveToSection" type="submit">
              Set section
            </button>
          </span>
        ) : null}
        <span class="bulk-field">
          <select class="form-select" name="priority" aria-label="Priority for the selected">
            {PRIORITIES.toReversed().map((priority) => (
              <option value={priority} safe>
                {priorityWords(priority)}
              </option>
            ))}
          </select>
          <button class="btn btn-quiet" name="action" value="setPriority" type="submit">
            Set priority
          </button>
        </span>
        {members.length > 1 ? (
          <span class="bulk-field">
            <select class="form-select" name="assigneeId" aria-label="Assignee for the selected">
              <option value="">Nobody</option>
              {members.map(({ id, username }) => (
                <option value={attribute(id)} safe>
                  {username}
                </option>
              ))}
            </select>
            <button class="btn btn-quiet" name="action" value="assign" type="submit">
              Assign
            </button>
          </span>
        ) : null}
        <span class="label-field">
          <input
            class="form-control"
            id="bulk-label"
            name="label"
            aria-label="Label for the selected"
            placeholder="Label"
            dir="auto"
            autocomplete="off"
            autocapitalize="none"
            data-labels="one"
          />
        </span>
        <span class="bulk-field">
          <button class="btn btn-quiet" name="action" value="addLabel" type="submit">
            Add label
          </button>
          <button class="btn btn-quiet" name="action" value="removeLabel" type="submit">
            Remove label
          </button>
        </span>
      </div>
    </details>
  </form>
);

/** Which list the selection is from, and whether it includes the tasks that match and are not shown. */
export function BulkScope({ view, totals, more, swap }: BulkScopeProps) {
  const count = countOf(view, totals);
  const most = Math.min(count, MAX_MATCHING).toLocaleString("en");
  return (
    <span class="bulk-scope" id="bulk-scope" data-matching={String(Math.min(count, MAX_MATCHING))} hx-swap-oob={swap}>
      <input type="hidden" name="list" value={attribute(viewUrl(view))} />
      {more && (
        <label class="btn btn-quiet">
          <input class="form-check-input" type="checkbox" id="select-matching" name="scope" value="matching" />
          <span safe>{`Select ${count > MAX_MATCHING ? "the first" : "all"} ${most} that match`}</span>
        </label>
      )}
    </span>
  );
}

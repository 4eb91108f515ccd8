import { MAX_BULK, PRIORITIES, PRIORITY_LABELS } from "../../src/features/tasks/model.ts";
import { Icon } from "../ui/icon.tsx";

/** The actions for selected tasks. The style sheet shows the bar while there are any. */
export const BulkBar = () => (
  <form
    id="bulk"
    class="bulk-bar"
    method="post"
    action="/tasks/bulk"
    hx-post="/tasks/bulk"
    hx-swap="none"
    aria-label="Selected tasks"
    data-most={String(MAX_BULK)}
  >
    <span class="bulk-count" id="bulk-count" role="status">
      Selected
    </span>
    <button class="btn btn-quiet needs-script" type="button" data-select-all>
      Select all
    </button>
    <button class="icon-button needs-script" type="button" data-select-none aria-label="Clear the selection">
      <Icon name="close" />
    </button>
    <button class="btn btn-quiet" name="action" value="complete" type="submit">
      Complete
    </button>
    <button class="btn btn-quiet" name="action" value="reopen" type="submit">
      Reopen
    </button>
    <button class="btn btn-quiet btn-danger-quiet" name="action" value="delete" type="submit">
      <Icon name="trash" /> Delete
    </button>
    <span class="bulk-priority">
      <select class="form-select" name="priority" aria-label="Priority for the selected">
        {PRIORITIES.toReversed().map((priority) => (
          <option value={priority} selected={priority === "medium"} safe>
            {PRIORITY_LABELS[priority]}
          </option>
        ))}
      </select>
      <button class="btn btn-quiet" name="action" value="setPriority" type="submit">
        Set
      </button>
    </span>
  </form>
);

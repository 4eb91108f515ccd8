import { PRIORITIES, PRIORITY_LABELS } from "../../../src/features/tasks/model.ts";
import { FieldRow, type TaskFieldProps } from "./field-row.tsx";

export const PriorityField = ({ draft }: TaskFieldProps) => (
  <FieldRow name="priority" label="Priority">
    <select class="form-select" id="priority" name="priority" autocomplete="off">
      {PRIORITIES.toReversed().map((priority) => (
        <option value={priority} selected={priority === draft.priority} safe>
          {PRIORITY_LABELS[priority]}
        </option>
      ))}
    </select>
  </FieldRow>
);

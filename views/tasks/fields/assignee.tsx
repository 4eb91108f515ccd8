import { FORMER_NAME } from "../../../src/features/projects/model.ts";
import type { Member } from "../../../src/features/sharing/model.ts";
import { attribute } from "../../ui/attribute.ts";
import { issueOf } from "../../ui/field.tsx";
import { FieldRow, type TaskFieldProps } from "./field-row.tsx";

/** Who does the task, of those in its project. A project without other members needs no choice. */
export function AssigneeField({ draft, issues, members }: TaskFieldProps & { members: readonly Member[] }) {
  const chosen = draft.assigneeId;
  if (members.length < 2 && !chosen) return null;
  const isKnown = !chosen || members.some(({ id }) => id === chosen);
  return (
    <FieldRow name="assignee" label="Assignee">
      <select
        class="form-select"
        id="assignee"
        name="assigneeId"
        autocomplete="off"
        aria-describedby="assigneeId-issue"
      >
        <option value="">Nobody</option>
        {members.map(({ id, username }) => (
          <option value={attribute(id)} selected={id === chosen} safe>
            {username}
          </option>
        ))}
        {isKnown ? null : (
          <option value={attribute(String(chosen))} selected>
            {FORMER_NAME}
          </option>
        )}
      </select>
      <p class="field-issue" id="assigneeId-issue" safe>
        {issueOf(issues, "assigneeId")?.message ?? ""}
      </p>
    </FieldRow>
  );
}

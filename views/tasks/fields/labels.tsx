import { attribute } from "../../ui/attribute.ts";
import { FieldRow, type TaskFieldProps } from "./field-row.tsx";

/** Labels, separated by commas. A script completes them. */
export function LabelsField({ draft, issues }: Pick<TaskFieldProps, "draft" | "issues">) {
  const wrong = issues.filter(({ path }) => /^\/labels(\/|$)/.test(path));
  return (
    <FieldRow name="labels" label="Labels">
      <span class="label-field">
        <input
          class="form-control"
          id="labels"
          name="labels"
          value={attribute([draft.labels].flat().join(", "))}
          placeholder="Add labels"
          dir="auto"
          autocomplete="off"
          autocapitalize="none"
          data-labels="many"
          aria-invalid={wrong.length > 0 ? "true" : undefined}
          aria-describedby="labels-issue"
        />
      </span>
      <p class="field-issue" id="labels-issue" safe>
        {[...new Set(wrong.map(({ message }) => message))].join(" ")}
      </p>
    </FieldRow>
  );
}

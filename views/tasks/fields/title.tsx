import { isFirstIssue, issueOf } from "../../ui/field.tsx";
import type { TaskFieldProps } from "./field-row.tsx";

/** A line that wraps. */
export const TitleField = ({ draft, issues }: TaskFieldProps) => {
  const issue = issueOf(issues, "title");
  return (
    <div class="panel-title-place">
      <label class="visually-hidden" for="title">
        Title
      </label>
      <textarea
        class="panel-title"
        id="title"
        name="title"
        rows="1"
        dir="auto"
        autofocus={isFirstIssue(issues, "title")}
        aria-invalid={issue ? "true" : undefined}
        aria-describedby="title-issue"
        safe
      >
        {String(draft.title)}
      </textarea>
      <p class="field-issue" id="title-issue" safe>
        {issue?.message ?? ""}
      </p>
    </div>
  );
};

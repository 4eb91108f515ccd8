import type { Issue } from "../../src/errors.ts";
import { attribute } from "./attribute.ts";

interface FieldProps {
  name: string;
  label: string;
  type?: "text" | "email" | "password";
  value?: string;
  autocomplete?: string;
  hint?: string;
  issues: readonly Issue[];
  autofocus?: boolean;
}

/** @returns what is wrong with a field, if anything */
export const issueOf = (issues: readonly Issue[], name: string) => issues.find(({ path }) => path === `/${name}`);

/** Where the first wrong field is, there goes the focus. */
export const isFirstIssue = (issues: readonly Issue[], name: string) => issues[0]?.path === `/${name}`;

/** A labelled input with its hint and, beside it, what is wrong with it. */
export function Field({
  name,
  label,
  type = "text",
  value,
  autocomplete,
  hint,
  issues,
  autofocus = false,
}: FieldProps) {
  const issue = issueOf(issues, name);
  return (
    <div class="field">
      <label class="form-label" for={name} safe>
        {label}
      </label>
      <input
        class={issue ? "form-control is-invalid" : "form-control"}
        id={name}
        name={name}
        type={type}
        value={attribute(value)}
        autocomplete={autocomplete}
        autocapitalize="none"
        spellcheck={false}
        required
        autofocus={isFirstIssue(issues, name) || (autofocus && issues.length === 0)}
        aria-invalid={issue ? "true" : undefined}
        aria-describedby={`${name}-hint ${name}-issue`}
      />
      <div class="form-text" id={`${name}-hint`} safe>
        {hint ?? ""}
      </div>
      <div class="field-issue" id={`${name}-issue`} safe>
        {issue?.message ?? ""}
      </div>
    </div>
  );
}

import type { PropsWithChildren } from "@kitajs/html";
import type { Calendar } from "../../../src/calendar.ts";
import type { Issue } from "../../../src/errors.ts";
import type { Draft } from "../conflict.tsx";

/** What every field of the panel gets. */
export interface TaskFieldProps {
  /** What the field shows: the task as stored, or what was typed. */
  draft: Draft;
  issues: readonly Issue[];
  calendar: Calendar;
}

/** One line of the panel's list of fields: a label and its control. */
export const FieldRow = ({ name, label, children }: PropsWithChildren<{ name: string; label: string }>) => (
  <div class="field-row">
    <label for={name} safe>
      {label}
    </label>
    <div>{children}</div>
  </div>
);

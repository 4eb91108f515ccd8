import { presetsFor } from "../../../src/text/repeat-rule.ts";
import { repeatWords } from "../../../src/text/repeat-words.ts";
import { attribute } from "../../ui/attribute.ts";
import { issueOf } from "../../ui/field.tsx";
import { Icon } from "../../ui/icon.tsx";
import { FieldRow, type TaskFieldProps } from "./field-row.tsx";

const text = (value: unknown) => attribute(String(value ?? ""));

/** The dates that the server accepts. */
const YEARS = { min: "1900-01-01", max: "2999-12-31" };

/** What is wrong with a field, below it. */
const FieldIssue = ({ issues, names }: Pick<TaskFieldProps, "issues"> & { names: readonly string[] }) => (
  <p class="field-issue" id={`${names[0]}-issue`} safe>
    {names.flatMap((name) => issueOf(issues, name)?.message ?? []).join(" ")}
  </p>
);

/** The dates that are chosen most, by the word that the server understands. */
export const QUICK_DATES = [
  ["today", "Today"],
  ["tomorrow", "Tomorrow"],
  ["nextWeek", "Next week"],
  ["none", "No date"],
] as const;

/** @param form the form that sets the date */
export const QuickDates = ({ form }: { form: string }) => (
  <span class="quick-dates">
    {QUICK_DATES.map(([value, label]) => (
      <button
        class="btn btn-quiet"
        type="submit"
        form={form}
        name="due"
        value={value}
        {...(value === "none" && { "aria-label": label, title: label })}
        formnovalidate
      >
        {value === "none" ? <Icon name="close" /> : label}
      </button>
    ))}
  </span>
);

export const DueField = ({ draft, issues, calendar }: TaskFieldProps) => (
  <FieldRow name="dueDate" label="Due">
    <span class="date-fields">
      <input
        class="form-control"
        type="date"
        {...YEARS}
        id="dueDate"
        name="dueDate"
        value={text(draft.dueDate)}
        aria-describedby="dueDate-issue"
      />
      <input
        class="form-control"
        type="time"
        id="dueTime"
        name="dueTime"
        value={text(draft.dueTime)}
        aria-label="Due time"
        aria-describedby="dueDate-issue"
      />
      {draft.timeZone && draft.timeZone !== calendar.timeZone ? (
        <span class="form-text" safe>
          {String(draft.timeZone).replaceAll("_", " ")}
        </span>
      ) : null}
    </span>
    <QuickDates form="due" />
    <FieldIssue issues={issues} names={["dueDate", "dueTime", "timeZone"]} />
  </FieldRow>
);

export const StartField = ({ draft, issues }: TaskFieldProps) => (
  <FieldRow name="startDate" label="Start">
    <input
      class="form-control"
      type="date"
      {...YEARS}
      id="startDate"
      name="startDate"
      value={text(draft.startDate)}
      aria-describedby="startDate-issue"
    />
    <FieldIssue issues={issues} names={["startDate"]} />
  </FieldRow>
);

/** Common rules by name; any other rule in a text field. */
export function RepeatField({ draft, issues, calendar }: TaskFieldProps) {
  const presets = presetsFor(String(draft.dueDate ?? "") || calendar.today.toString());
  const rule = String(draft.repeat ?? "");
  const isPreset = rule === "" || presets.includes(rule);
  return (
    <FieldRow name="repeat" label="Repeat">
      <span class="repeat-fields">
        <select class="form-select" id="repeat" name="repeat" autocomplete="off" aria-describedby="repeat-issue">
          <Option value="" label="Never" chosen={rule} />
          {presets.map((preset) => (
            <Option value={preset} label={capitalized(repeatWords(preset))} chosen={rule} />
          ))}
          <Option
            value="custom"
            label={isPreset ? "Custom…" : capitalized(repeatWords(rule))}
            chosen={isPreset ? rule : "custom"}
          />
        </select>
        <select class="form-select repeat-from" name="repeatFrom" aria-label="Repeat from" autocomplete="off">
          <Option value="dueDate" label="from the due date" chosen={String(draft.repeatFrom)} />
          <Option value="completion" label="from completion" chosen={String(draft.repeatFrom)} />
        </select>
        <input
          class="form-control repeat-rule"
          id="repeat-rule"
          name="repeatRule"
          value={attribute(isPreset ? "" : rule)}
          placeholder="FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"
          aria-label="Rule (RFC 5545)"
          aria-describedby="repeat-issue"
          autocomplete="off"
          spellcheck={false}
        />
      </span>
      <FieldIssue issues={issues} names={["repeat", "repeatFrom"]} />
    </FieldRow>
  );
}

const Option = ({ value, label, chosen }: { value: string; label: string; chosen: string }) => (
  <option value={attribute(value)} selected={value === chosen} safe>
    {label}
  </option>
);

const capitalized = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

import { isFirstIssue, issueOf } from "../../ui/field.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Markdown } from "../../ui/markdown.tsx";
import type { TaskFieldProps } from "./field-row.tsx";

interface NotesFieldProps extends Pick<TaskFieldProps, "draft" | "issues"> {
  /** The notes as stored; the draft may differ. */
  notes: string;
  /** The titles of the tasks that the notes link to, by id. */
  titles: ReadonlyMap<string, string>;
}

/** The notes as a document, or their text while they are edited. Without a script both are there. */
export const NotesField = ({ draft, issues, notes, titles }: NotesFieldProps) => {
  const issue = issueOf(issues, "description");
  // The form was rejected: its first wrong field takes the focus, and nothing that was typed is hidden.
  const isEditing = issues.length > 0 || draft.description !== notes;
  return (
    <div class="notes-place" data-editing={isEditing ? "" : undefined}>
      {notes.trim() === "" ? null : (
        <div class="notes-view" data-edit-notes>
          <Markdown text={notes} titles={titles} box={tickButton} />
          <button class="icon-button needs-script notes-edit" type="button" aria-label="Edit notes" title="Edit notes">
            <Icon name="edit" />
          </button>
        </div>
      )}
      <label class="visually-hidden" for="description">
        Notes
      </label>
      <textarea
        class="form-control notes"
        id="description"
        name="description"
        rows="3"
        dir="auto"
        placeholder="Notes"
        autofocus={isFirstIssue(issues, "description")}
        aria-invalid={issue ? "true" : undefined}
        aria-describedby="description-issue"
        safe
      >
        {`\n${draft.description}`}
      </textarea>
      <p class="field-issue" id="description-issue" safe>
        {issue?.message ?? ""}
      </p>
    </div>
  );
};

/** The form of the boxes in the notes. It can't be within that of the fields. */
export const BoxesForm = ({ url, version }: { url: string; version: number }) => (
  <form id="boxes" method="post" action={`${url}/boxes`} hx-post={`${url}/boxes`} hx-swap="none" hidden>
    <input type="hidden" name="version" value={String(version)} />
  </form>
);

/** A box of the notes, which submits its form. @param label escaped already */
const tickButton = (index: number, checked: boolean, label: string): string =>
  (
    <button
      class="box"
      type="submit"
      form="boxes"
      name="box"
      value={`${index}:${checked ? "off" : "on"}`}
      aria-pressed={checked ? "true" : "false"}
      aria-label={label || "Box"}
      data-checked={checked ? "" : undefined}
    />
  ) as string;

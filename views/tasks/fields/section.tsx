import type { Section } from "../../../src/features/tasks/section-model.ts";
import { attribute } from "../../ui/attribute.ts";
import { issueOf } from "../../ui/field.tsx";
import { FieldRow, type TaskFieldProps } from "./field-row.tsx";

/** The section that a task is in; nothing in a project without sections. */
export const SectionField = ({ draft, issues, sections }: TaskFieldProps & { sections: readonly Section[] }) =>
  sections.length === 0 ? null : (
    <FieldRow name="section" label="Section">
      <select class="form-select" id="section" name="sectionId" autocomplete="off" aria-describedby="section-issue">
        <option value="" selected={!draft.sectionId}>
          None
        </option>
        {sections.map(({ id, name }) => (
          <option value={attribute(id)} selected={id === draft.sectionId} safe>
            {name}
          </option>
        ))}
      </select>
      <p class="field-issue" id="section-issue" safe>
        {issueOf(issues, "sectionId")?.message ?? ""}
      </p>
    </FieldRow>
  );

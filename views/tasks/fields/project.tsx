import { choicesOf, type ProjectsById } from "../../projects/project-icon.tsx";
import { ProjectSelect } from "../../projects/project-select.tsx";
import { FieldRow, type TaskFieldProps } from "./field-row.tsx";

/** The project that a task is in, an archived one included. */
export function ProjectField({ draft, projects }: Pick<TaskFieldProps, "draft"> & { projects: ProjectsById }) {
  const own = projects.get(draft.projectId);
  const choices = choicesOf(projects);
  const all = own && !choices.includes(own) ? [own, ...choices] : choices;
  if (all.length < 2) return null;
  return (
    <FieldRow name="project" label="Project">
      <ProjectSelect
        class="form-select"
        id="project"
        projects={all}
        value={draft.projectId}
        disabled={own?.role === "viewer"}
      />
    </FieldRow>
  );
}

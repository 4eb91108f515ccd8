import type { Project } from "../../src/features/projects/model.ts";
import { attribute } from "../ui/attribute.ts";

interface ProjectSelectProps {
  class: string;
  id: string;
  label?: string;
  /** In the account's own order. */
  projects: readonly Project[];
  /** The id of the chosen one; by default the first, which is the Inbox. */
  value?: string | undefined;
  disabled?: boolean;
}

/** Offers projects to add or move tasks to; nothing while there is only the Inbox. */
export const ProjectSelect = ({ class: className, id, label, projects, value, disabled }: ProjectSelectProps) =>
  projects.length > 1 ? (
    <select
      class={className}
      name="projectId"
      id={id}
      aria-label={label}
      title={label}
      disabled={disabled}
      autocomplete="off"
    >
      {projects.map((project) => (
        <option value={attribute(project.id)} selected={project.id === value} safe>
          {project.name}
        </option>
      ))}
    </select>
  ) : null;

import type { Project } from "../../src/features/projects/model.ts";
import { PresencePlace } from "../sharing/presence.tsx";
import { FormKey } from "../ui/form-key.tsx";
import { Icon } from "../ui/icon.tsx";
import { ProjectIcon } from "./project-icon.tsx";
import { ArchiveForm } from "./projects.tsx";

interface ProjectHeadingProps {
  project: Project;
  formKey: string | undefined;
  /** Whether it has other members. */
  isShared: boolean;
}

/** The heading of a project's list: icon and name, and what can be done to the project. */
export const ProjectHeading = ({ project, formKey, isShared }: ProjectHeadingProps) => (
  <>
    <h1 dir="auto">
      <ProjectIcon project={project} />
      <span safe>{project.name}</span>
    </h1>
    {project.archived ? <span class="project-state">Archived</span> : null}
    {project.role === "viewer" ? (
      <span class="project-state" title="You can view this project, but not change it.">
        View only
      </span>
    ) : null}
    {isShared ? <PresencePlace projectId={project.id} /> : null}
    <details class="menu project-menu">
      <summary class="icon-button" aria-label="Project menu" title="Project menu">
        <Icon name="more" />
      </summary>
      <div class="menu-sheet">
        {project.role === "owner" && !project.inbox ? (
          <>
            <a class="btn btn-quiet" href={`/projects/${project.id}/edit`}>
              <Icon name="edit" /> Edit
            </a>
            <ArchiveForm project={project} formKey={formKey} />
          </>
        ) : null}
        {project.inbox ? null : (
          <a class="btn btn-quiet" href={`/projects/${project.id}/members`}>
            <Icon name="people" /> {project.role === "owner" ? "Share" : "Members"}
          </a>
        )}
        <form method="post" action={`/projects/${project.id}/duplication`}>
          <FormKey value={formKey} />
          <button class="btn btn-quiet" type="submit">
            <Icon name="copy" /> Duplicate
          </button>
        </form>
        <a class="btn btn-quiet" href={`/activity?project=${project.id}`}>
          <Icon name="clock" /> Activity
        </a>
        {project.role === "owner" && !project.inbox ? (
          <form method="post" action={`/projects/${project.id}/deletion`}>
            <FormKey value={formKey} />
            <button class="btn btn-quiet btn-danger-quiet" type="submit">
              <Icon name="trash" /> Delete
            </button>
          </form>
        ) : null}
      </div>
    </details>
  </>
);

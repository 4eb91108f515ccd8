import type { PropsWithChildren } from "@kitajs/html";
import type { Project } from "../../src/features/projects/model.ts";
import type { Frame } from "../../src/http/pages.ts";
import { attribute } from "../ui/attribute.ts";
import { FormKey } from "../ui/form-key.tsx";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { ProjectIcon } from "./project-icon.tsx";

interface ProjectsPageProps {
  frame: Frame;
  /** In the account's own order, without the Inbox. */
  projects: readonly Project[];
  archived: readonly Project[];
}

/** The projects of an account, to sort and to archive, and the archived ones. */
export const ProjectsPage = ({ frame, projects, archived }: ProjectsPageProps) => (
  <Layout title="Projects" frame={frame}>
    <div class="column">
      <h1>Projects</h1>
      <p>
        <a class="btn btn-primary" href="/projects/new">
          <Icon name="plus" /> New project
        </a>
      </p>
      <div id="live">
        {projects.length === 0 ? <p class="lead-note">A project is a list of tasks of its own.</p> : null}
        <ul class="project-list">
          {projects.map((project, index) => (
            <ProjectRow project={project}>
              <MoveButton project={project} name="up" to={projects[index - 1]?.position} />
              <MoveButton project={project} name="down" to={projects[index + 1]?.position} />
            </ProjectRow>
          ))}
        </ul>
        {archived.length > 0 ? (
          <section aria-labelledby="archived">
            <h2 id="archived">Archived</h2>
            <ul class="project-list">
              {archived.map((project) => (
                <ProjectRow project={project}>
                  {project.role === "owner" ? <ArchiveForm project={project} formKey={frame.formKey} /> : ""}
                </ProjectRow>
              ))}
            </ul>
          </section>
        ) : null}
      </div>
    </div>
  </Layout>
);

const ProjectRow = ({ project, children }: PropsWithChildren<{ project: Project }>) => (
  <li class="project-row" id={`project-${project.id}`}>
    <a class="project-link" href={`/projects/${project.id}`}>
      <ProjectIcon project={project} />
      <span class="project-name" dir="auto" safe>
        {project.name}
      </span>
    </a>
    {children}
  </li>
);

/** Moves a project by one place. Where there is none, the button stays, so that it keeps the focus. */
const MoveButton = ({
  project: { id, name: title },
  name,
  to = 0,
}: {
  project: Project;
  name: "up" | "down";
  to: number | undefined;
}) => (
  <form
    method="post"
    action={`/projects/${id}/position`}
    hx-post={`/projects/${id}/position`}
    hx-target="#live"
    hx-select="#live"
    hx-select-oob="#navigation:outerMorph,#toasts:innerHTML"
    hx-swap="outerMorph"
  >
    <input type="hidden" name="position" value={String(to)} />
    <button
      class="icon-button"
      type="submit"
      id={`${name}-${id}`}
      aria-disabled={to === 0 ? "true" : undefined}
      aria-label={attribute(`Move ${name}: ${title}`)}
      title={`Move ${name}`}
    >
      <Icon name={name} />
    </button>
  </form>
);

/** Archives a project, or takes it out of the archive. */
export const ArchiveForm = ({
  project: { id, name, archived },
  formKey,
}: {
  project: Pick<Project, "id" | "name" | "archived">;
  formKey: string | undefined;
}) => (
  <form method="post" action={`/projects/${id}/archival`}>
    <FormKey value={formKey} />
    <input type="hidden" name="archived" value={String(!archived)} />
    <button
      class="btn btn-quiet"
      type="submit"
      aria-label={attribute(`${archived ? "Unarchive" : "Archive"}: ${name}`)}
    >
      <Icon name="archive" /> {archived ? "Unarchive" : "Archive"}
    </button>
  </form>
);

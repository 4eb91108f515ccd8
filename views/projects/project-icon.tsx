import type { Project } from "../../src/features/projects/model.ts";
import type { Task } from "../../src/features/tasks/model.ts";
import type { TaskView } from "../../src/features/tasks/view.ts";
import type { IconName } from "../../src/http/icons.ts";
import { Icon } from "../ui/icon.tsx";

/** The projects that tasks can be in, by id, in the account's own order. */
export type ProjectsById = ReadonlyMap<string, Project>;

/** What a row says about the project of its task. */
export type RowProject = Pick<Project, "name" | "color" | "icon">;

/** Returns what a row says about its project: nothing in the list of one project, nor about the Inbox. */
export function rowProject(task: Task, view: TaskView, projects: ProjectsById): RowProject | undefined {
  const project = view.project ? undefined : projects.get(task.projectId);
  return project && !project.inbox ? { name: project.name, color: project.color, icon: project.icon } : undefined;
}

/** Returns whether the reader can only view a task. */
export const isViewOnly = ({ projectId }: Pick<Task, "projectId">, projects: ProjectsById): boolean =>
  projects.get(projectId)?.role === "viewer";

/** Returns the projects that a task can be added or moved to. */
export const choicesOf = (projects: ProjectsById): Project[] =>
  [...projects.values()].filter(({ archived, role }) => !archived && role !== "viewer");

type IconProps = Pick<Project, "icon"> & { readonly inbox?: boolean };

/** Returns the name of a project's icon. */
export const iconOf = ({ icon, inbox = false }: IconProps): IconName => (inbox ? "inbox" : (icon ?? "circle"));

/** The icon of a project in its color. */
export const ProjectIcon = ({ project }: { project: IconProps & Pick<Project, "color"> }) => (
  <span class="project-icon" data-color={project.color ?? undefined}>
    <Icon name={iconOf(project)} />
  </span>
);

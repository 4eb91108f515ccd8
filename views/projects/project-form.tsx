import type { Issue } from "../../src/errors.ts";
import { COLORS, ICONS, type Project } from "../../src/features/projects/model.ts";
import type { Frame } from "../../src/http/pages.ts";
import { Field } from "../ui/field.tsx";
import { FormKey } from "../ui/form-key.tsx";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { ProjectIcon } from "./project-icon.tsx";

interface ProjectFormProps {
  frame: Frame;
  /** The project to change; undefined for a new one. */
  project?: Pick<Project, "id" | "name">;
  /** The version that the fields are based on. */
  version?: number;
  /** What the fields show. */
  draft: { readonly name: string; readonly color: string | null; readonly icon: string | null };
  issues?: readonly Issue[];
  problem?: string | undefined;
}

const wordOf = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** The page that creates a project, or changes its name, color and icon. */
export function ProjectFormPage({ frame, project, version, draft, issues = [], problem }: ProjectFormProps) {
  const title = project ? `Edit ${project.name}` : "New project";
  const back = project ? `/projects/${project.id}` : "/projects";
  return (
    <Layout title={title} frame={frame} current={project ? back : undefined}>
      <div class="column">
        <p class="panel-top">
          <a class="quiet-link" href={back}>
            <Icon name="arrow-left" /> <span safe>{project?.name ?? "Projects"}</span>
          </a>
        </p>
        <h1 safe>{title}</h1>
        <form class="sheet project-form" method="post" action={back} novalidate>
          <FormKey value={frame.formKey} />
          {version === undefined ? null : <input type="hidden" name="version" value={String(version)} />}
          {problem ? (
            <p class="form-problem" role="alert" safe>
              {problem}
            </p>
          ) : null}
          <Field name="name" label="Name" value={draft.name} autocomplete="off" issues={issues} autofocus={!project} />
          <Choices name="color" legend="Color" none="Neutral" options={COLORS} value={draft.color}>
            {(color) => <ProjectIcon project={{ color: color as Project["color"], icon: null }} />}
          </Choices>
          <Choices name="icon" legend="Icon" none="Dot" options={ICONS} value={draft.icon}>
            {(icon) => <ProjectIcon project={{ color: null, icon: icon as Project["icon"] }} />}
          </Choices>
          <p class="form-actions">
            <button class="btn btn-primary" type="submit">
              {project ? "Save" : "Create project"}
            </button>{" "}
            <a class="btn btn-quiet" href={back}>
              Cancel
            </a>
          </p>
        </form>
      </div>
    </Layout>
  );
}

/** One of a few words or none, each with a picture. */
function Choices({
  name,
  legend,
  none,
  options,
  value,
  children,
}: {
  name: string;
  legend: string;
  none: string;
  options: readonly string[];
  value: string | null;
  children: (option: string | null) => JSX.Element;
}) {
  return (
    <fieldset class="choices">
      <legend class="form-label" safe>
        {legend}
      </legend>
      {[null, ...options].map((option) => (
        <label class="choice">
          <input type="radio" name={name} value={option ?? ""} checked={option === value} autocomplete="off" />
          {children(option) as "safe"}
          <span safe>{option === null ? none : wordOf(option)}</span>
        </label>
      ))}
    </fieldset>
  );
}

import { Elysia } from "elysia";
import { ProjectFormPage } from "../../../views/projects/project-form.tsx";
import { ProjectsPage } from "../../../views/projects/projects.tsx";
import type { Actor } from "../../actor.ts";
import { AppError } from "../../errors.ts";
import { type Fields, formBody } from "../../http/body.ts";
import { isFragment } from "../../http/htmx.ts";
import { plainFormKey } from "../../http/idempotency-key.ts";
import type { Frame, Pages } from "../../http/pages.ts";
import { pathOf } from "../../http/redirect.ts";
import type { Sessions } from "../../http/session.ts";
import { truncate } from "../../text/truncate.ts";
import { check } from "../../validation/check.ts";
import { may, notAllowed } from "./access.ts";
import { ProjectInput, ProjectPatch } from "./model.ts";
import type { Projects } from "./service.ts";

const SHORT_NAME = 60;

/** The forms of projects. The list of a project's tasks is a page of tasks. */
export function projectPages(projects: Projects, sessions: Sessions, pages: Pages) {
  async function projectsPage(actor: Actor, frame: Frame) {
    const active = (await projects.listProjects(actor)).items.filter(({ inbox }) => !inbox);
    const archived = (await projects.listProjects(actor, { state: "archived" })).items;
    return <ProjectsPage frame={frame} projects={active} archived={archived} />;
  }

  return new Elysia({ name: "project-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .get("/projects", async ({ actor, frame, html }) => html(await projectsPage(actor, frame)))
    .get("/projects/new", ({ frame, html }) =>
      html(<ProjectFormPage frame={frame} draft={{ name: "", color: null, icon: null }} />),
    )
    .post("/projects", async ({ actor, frame, request, form, html, set }) => {
      const draft = projectFields(form);
      try {
        const input = check(ProjectInput, draft);
        const repeat = plainFormKey(request, form, actor.user.id, input);
        const { project, change } = await projects.createProject(actor, input, repeat);
        return pages.redirectWithMessage(request, pageOf(project), `Created: ${shortName(project)}`, change);
      } catch (error) {
        if (!(error instanceof AppError) || (error.code !== "invalid" && error.code !== "conflict")) throw error;
        set.status = error.code === "invalid" ? 422 : 409;
        const problem = error.issues.length > 0 ? undefined : error.message;
        return html(<ProjectFormPage frame={frame} draft={draft} issues={error.issues} problem={problem} />);
      }
    })
    .get("/projects/:id/edit", async ({ actor, frame, params, html }) => {
      const { project, version } = await projects.getProject(actor, params.id);
      if (!may(actor, "manage", project.id)) throw notAllowed("manage");
      return html(<ProjectFormPage frame={frame} project={project} version={version} draft={project} />);
    })
    .post("/projects/:id", async ({ actor, frame, params, request, form, html, set }) => {
      const draft = projectFields(form);
      const seen = Number(form.get("version"));
      try {
        const { project, change } = await projects.updateProject(
          actor,
          params.id,
          check(ProjectPatch, draft),
          (version) => {
            if (version !== seen) throw new AppError("preconditionFailed", "The project has changed.");
          },
        );
        return pages.redirectWithMessage(request, pageOf(project), "Saved", change);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        const isOutdated = error.code === "preconditionFailed";
        if (error.code !== "invalid" && !isOutdated) throw error;
        const { project, version } = await projects.getProject(actor, params.id);
        // A form that was sent twice.
        if (isOutdated && Object.entries(draft).every(([name, value]) => project[name as keyof typeof draft] === value))
          return pages.redirectWithMessage(request, pageOf(project), "Saved");
        set.status = isOutdated ? 412 : 422;
        const problem = isOutdated
          ? "Changed in another window. Your edits are kept: save again to overwrite."
          : undefined;
        return html(
          <ProjectFormPage
            {...{ frame, project, draft, problem, issues: error.issues, version: isOutdated ? version : seen }}
          />,
        );
      }
    })
    .post("/projects/:id/position", async ({ actor, frame, params, request, form, html }) => {
      const position = Number(form.get("position"));
      let message = "This is the end of the list.";
      if (position > 0) {
        const { project } = await projects.updateProject(actor, params.id, check(ProjectPatch, { position }));
        message = `Moved: ${shortName(project)}`;
      }
      if (!isFragment(request)) return pages.redirectWithMessage(request, "/projects", message);
      return html(await projectsPage(actor, { ...frame, flash: { message } }));
    })
    .post("/projects/:id/archival", async ({ actor, params, request, form }) => {
      const archived = form.get("archived") !== "false";
      const { project, change } = await projects.updateProject(actor, params.id, { archived });
      const message = `${archived ? "Archived" : "Unarchived"}: ${shortName(project)}`;
      return pages.redirectWithMessage(request, cameFromList(request) ? "/projects" : pageOf(project), message, change);
    })
    .post("/projects/:id/deletion", async ({ actor, params, request }) => {
      const { project, change } = await projects.deleteProject(actor, params.id);
      return pages.redirectWithMessage(request, "/projects", `Deleted: ${shortName(project)}`, change);
    })
    .post("/projects/:id/restoration", async ({ actor, params, request, form }) => {
      const repeat = plainFormKey(request, form, actor.user.id, null);
      const { project, change } = await projects.restoreProject(actor, params.id, repeat);
      return pages.redirectWithMessage(request, "/trash", `Restored: ${shortName(project)}`, change);
    });
}

const pageOf = ({ id }: { id: string }) => `/projects/${id}`;

const shortName = ({ name }: { name: string }) => truncate(name, SHORT_NAME, "…");

const cameFromList = (request: Request) => pathOf(request.headers.get("referer"))?.split("?", 1)[0] === "/projects";

/** Returns the fields of a project that a form contains. */
const projectFields = (form: Fields) => ({
  name: form.get("name") ?? "",
  color: form.get("color") || null,
  icon: form.get("icon") || null,
});

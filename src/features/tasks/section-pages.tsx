import { type Context, Elysia } from "elysia";
import { ListUpdate } from "../../../views/tasks/list-update.tsx";
import type { Actor } from "../../actor.ts";
import { formBody } from "../../http/body.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import type { Frame, Pages } from "../../http/pages.ts";
import type { Sessions } from "../../http/session.ts";
import { truncate } from "../../text/truncate.ts";
import { check } from "../../validation/check.ts";
import { createListUpdates, type TaskServices } from "./list-updates.tsx";
import { SectionInput, SectionPatch } from "./section-model.ts";
import type { ChangedSection } from "./sections.ts";

const SHORT_NAME = 60;

interface FormContext {
  readonly actor: Actor;
  readonly frame: Frame;
  readonly request: Request;
  readonly set: Context["set"];
  readonly html: (markup: JSX.Element) => unknown;
}

/** The forms in the list of a project that change its sections. */
export function sectionPages(services: TaskServices, sessions: Sessions, pages: Pages) {
  const { sections } = services;
  const { listUpdate } = createListUpdates(services, pages);

  /** Says what was done to a section, and loads the list again. */
  function respond({ actor, frame: { calendar }, ...context }: FormContext, verb: string, changed: ChangedSection) {
    const { section, change } = changed;
    const message = `${verb}: ${truncate(section.name, SHORT_NAME, "…")}`;
    const update = { calendar, tasks: [], outdated: true, message, undo: change };
    return pages.respondToAction(context, {
      message,
      change,
      back: `/projects/${section.projectId}`,
      fragment: async () => <ListUpdate {...(await listUpdate(actor, context.request, update))} />,
    });
  }

  return new Elysia({ name: "section-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .post("/projects/:id/sections", async ({ actor, params, form, ...context }) => {
      const input = check(SectionInput, { name: form.get("name") ?? "" });
      const repeat = idempotencyKey(context.request, actor.user.id, [params.id, input]);
      const created = await sections.createSection(actor, params.id, input, repeat);
      return respond({ actor, ...context }, "Added", created);
    })
    .post("/projects/:id/sections/:section", async ({ actor, params, form, ...context }) => {
      const patch = check(SectionPatch, { name: form.get("name") ?? "" });
      return respond(
        { actor, ...context },
        "Renamed",
        await sections.updateSection(actor, params.id, params.section, patch),
      );
    })
    .post("/projects/:id/sections/:section/position", async ({ actor, params, form, ...context }) => {
      const patch = check(SectionPatch, { position: Number(form.get("position")) });
      return respond(
        { actor, ...context },
        "Moved",
        await sections.updateSection(actor, params.id, params.section, patch),
      );
    })
    .post("/projects/:id/sections/:section/archival", async ({ actor, params, form, ...context }) => {
      const archived = form.get("archived") !== "false";
      const changed = await sections.updateSection(actor, params.id, params.section, { archived });
      return respond({ actor, ...context }, archived ? "Archived" : "Restored", changed);
    })
    .post("/projects/:id/sections/:section/deletion", async ({ actor, params, ...context }) =>
      respond({ actor, ...context }, "Deleted", await sections.deleteSection(actor, params.id, params.section)),
    );
}

import { type Context, Elysia } from "elysia";
import { jsonBody } from "../../http/body.ts";
import { changeHeader } from "../../http/change-header.ts";
import { etagOf, ifMatch } from "../../http/etag.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import { operation } from "../../http/openapi.ts";
import { cachedJson } from "../../http/response-cache.ts";
import type { Sessions } from "../../http/session.ts";
import { ProjectId } from "../projects/model.ts";
import { SectionInput, SectionParams, SectionPatch, SectionQuery } from "./section-model.ts";
import type { ChangedSection, Sections } from "./sections.ts";

const tag = "Sections";

/** Sets the headers that a changed section is returned with. */
function changedSection(set: Context["set"], { section, version, change }: ChangedSection) {
  set.headers.etag = etagOf(version);
  Object.assign(set.headers, changeHeader(change));
  return section;
}

export const sectionsApi = (sections: Sections, sessions: Sessions) =>
  new Elysia({ name: "sections-api", prefix: "/api/projects" })
    .use(sessions.signedIn)
    .use(jsonBody)
    .get(
      "/:id/sections",
      ({ actor, params, query, request }) =>
        cachedJson(request, actor, () => sections.listSections(actor, params.id, query)),
      {
        params: ProjectId,
        query: SectionQuery,
        detail: operation({
          tag,
          summary: "List the sections of a project",
          description: "In their order. A list of the project's tasks has the tasks without a section first.",
          schema: "SectionList",
          headers: ["ETag"],
          conditional: "If-None-Match",
          errors: [401, 404, 422],
        }),
      },
    )
    .post(
      "/:id/sections",
      async ({ actor, params, body, request, set }) => {
        const repeat = idempotencyKey(request, actor.user.id, [params.id, body]);
        const created = await sections.createSection(actor, params.id, body, repeat);
        set.status = 201;
        return changedSection(set, created);
      },
      {
        params: ProjectId,
        body: SectionInput,
        detail: operation({
          tag,
          summary: "Add a section to a project",
          description: "It comes after the others. A project can have 100 sections.",
          status: 201,
          schema: "Section",
          headers: ["ETag", "TaskFlow-Change"],
          repeatable: true,
          errors: [400, 401, 403, 404, 409, 413, 415, 422],
        }),
      },
    )
    .patch(
      "/:id/sections/:section",
      async ({ actor, params, body, request, set }) =>
        changedSection(set, await sections.updateSection(actor, params.id, params.section, body, ifMatch(request))),
      {
        params: SectionParams,
        body: SectionPatch,
        detail: operation({
          tag,
          summary: "Change a section",
          description: "Fields that you leave out stay as they are. Archiving a section completes its tasks.",
          schema: "Section",
          headers: ["ETag", "TaskFlow-Change"],
          conditional: "If-Match",
          errors: [400, 401, 403, 404, 409, 412, 413, 415, 422],
        }),
      },
    )
    .delete(
      "/:id/sections/:section",
      async ({ actor, params, request, set }) => {
        const { change } = await sections.deleteSection(actor, params.id, params.section, ifMatch(request));
        set.status = 204;
        Object.assign(set.headers, changeHeader(change));
      },
      {
        params: SectionParams,
        detail: operation({
          tag,
          summary: "Delete a section",
          description: "Moves it to the trash with its open tasks. Undoing the change restores both.",
          status: 204,
          headers: ["TaskFlow-Change"],
          conditional: "If-Match",
          errors: [401, 403, 404, 409, 412, 422],
        }),
      },
    );

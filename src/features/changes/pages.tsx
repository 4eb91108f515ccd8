import { Elysia } from "elysia";
import { type ActivityAction, ActivityPage } from "../../../views/changes/activity.tsx";
import { inChunks } from "../../chunks.ts";
import { AppError } from "../../errors.ts";
import { formBody } from "../../http/body.ts";
import { isFragment } from "../../http/htmx.ts";
import { plainFormKey } from "../../http/idempotency-key.ts";
import type { Pages } from "../../http/pages.ts";
import type { Sessions } from "../../http/session.ts";
import { isId } from "../../validation/ids.ts";
import { type Change, changeId } from "./model.ts";
import type { Changes } from "./service.ts";
import type { UndoView } from "./undo.ts";

export const changePages = (
  changes: Changes,
  namesOf: (ids: Iterable<string | null>) => Promise<ReadonlyMap<string, string>>,
  sessions: Sessions,
  pages: Pages,
  view: UndoView,
) =>
  new Elysia({ name: "change-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .get("/activity", async ({ actor, frame, request, html }) => {
      const { searchParams } = new URL(request.url);
      const task = searchParams.getAll("task").find(isId);
      const project = searchParams.get("project") ?? undefined;
      const before = changeId(searchParams.get("before") ?? "");
      const page = await changes.listActions(actor, { task, project, before });
      const shown = page.items.flatMap((action) => action.changes);
      const firsts = page.items.flatMap((action) => action.changes.slice(0, 1));
      const [items, accounts, places, undoable] = await Promise.all([
        changes.itemsOf(actor, shown),
        namesOf(shown.flatMap(accountsIn)),
        changes.itemsOf(actor, shown.flatMap(placesIn)),
        // Undo itself checks all changes of an action, of which there may be thousands on a page.
        changes.undoable(actor, firsts),
      ]);
      const names = new Map([...accounts, ...[...places].map(([id, { title }]) => [id, title] as const)]);
      const actions: ActivityAction[] = [];
      for await (const chunk of inChunks(page.items, 5))
        for (const action of chunk)
          actions.push({
            entries: action.changes.map((change) => ({
              change,
              item: items.get(change.entityId),
              details: changes.describe(change, frame.calendar, names),
            })),
            size: action.size,
            undoable: action.changes.slice(0, 1).some(({ id }) => undoable.has(id)),
          });
      const found = project && (await changes.itemsOf(actor, [{ entity: "project", entityId: project }])).get(project);
      const place = found && project ? { id: project, ...found } : undefined;
      return html(
        await (
          <ActivityPage
            {...{ frame, actions, names, nextBefore: page.nextBefore, task, project: place, reader: actor.user.id }}
          />
        ),
      );
    })
    // Tells an open page whether to keep offering Undo.
    .get("/changes/:id/undo", async ({ actor, params }) => {
      const id = changeId(params.id);
      return new Response(null, { status: id !== undefined && (await changes.canUndo(actor, id)) ? 204 : 409 });
    })
    .post("/changes/:id/undo", async ({ actor, frame, params, request, form, html, set }) => {
      const id = changeId(params.id);
      if (id === undefined) throw new AppError("notFound", "There is no such change.");
      try {
        const undone = await changes.undo(actor, id, plainFormKey(request, form, actor.user.id, null));
        const message = "Undone";
        // A project shows on the whole page.
        if (undone.entity === "project")
          return pages.redirectWithMessage(request, view.back(request, undone), message, undone.change);
        return await pages.respondToAction(
          { request, set, html },
          {
            message,
            change: undone.change,
            back: view.back(request, undone),
            fragment: () => view.render(actor, request, undone, message, frame.calendar),
          },
        );
      } catch (error) {
        if (isFragment(request) || !(error instanceof AppError) || error.code !== "conflict") throw error;
        return pages.redirectWithMessage(request, view.back(request), error.message);
      }
    });

/** Returns the projects and sections that a task was moved between. */
const placesIn = ({ before, after }: Change) =>
  before && after
    ? (["project", "section"] as const).flatMap((entity) =>
        [before[`${entity}Id`], after[`${entity}Id`]].flatMap((id) =>
          typeof id === "string" ? [{ entity, entityId: id }] : [],
        ),
      )
    : [];

/** Returns the accounts that a change names: who made it, who was or is assigned, and whose membership it is. */
const accountsIn = ({ actorId, entity, entityId, before, after }: Change) =>
  [actorId, before?.assigneeId, after?.assigneeId, entity === "member" && entityId].filter(
    (id) => typeof id === "string",
  );

import { Elysia } from "elysia";
import { ActivityPage } from "../../../views/changes/activity.tsx";
import { AppError } from "../../errors.ts";
import { formBody } from "../../http/body.ts";
import { isFragment } from "../../http/htmx.ts";
import type { Pages } from "../../http/pages.ts";
import type { Sessions } from "../../http/session.ts";
import { isId } from "../../validation/ids.ts";
import { changeId } from "./model.ts";
import type { Changes } from "./service.ts";
import type { UndoView } from "./undo.ts";

export const changePages = (changes: Changes, sessions: Sessions, pages: Pages, view: UndoView) =>
  new Elysia({ name: "change-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .get("/activity", async ({ actor, frame, request, html }) => {
      const { searchParams } = new URL(request.url);
      const task = searchParams.getAll("task").find(isId);
      const page = await changes.listChanges(actor, { task, before: changeId(searchParams.get("before") ?? "") });
      const [items, undoable] = await Promise.all([
        changes.itemsOf(actor, page.items),
        changes.undoable(actor, page.items),
      ]);
      const rows = page.items.map((change) => ({
        change,
        item: items.get(change.entityId),
        details: changes.describe(change),
        undoable: undoable.has(change.id),
      }));
      return html(<ActivityPage frame={frame} rows={rows} nextBefore={page.nextBefore} task={task} />);
    })
    .post("/changes/:id/undo", async ({ actor, params, request, html, set }) => {
      const id = changeId(params.id);
      if (id === undefined) throw new AppError("notFound", "There is no such change.");
      try {
        const undone = await changes.undo(actor, id);
        const message = "Undone";
        return await pages.respondToAction(
          { request, set, html },
          {
            message,
            change: undone.change,
            back: view.back(request, undone),
            fragment: () => view.render(actor, request, undone, message),
          },
        );
      } catch (error) {
        if (isFragment(request) || !(error instanceof AppError) || error.code !== "conflict") throw error;
        return pages.redirectWithMessage(request, view.back(request), error.message);
      }
    });

import { Elysia } from "elysia";
import { LabelsPage } from "../../../views/tasks/labels-page.tsx";
import { plural } from "../../../views/ui/plural.ts";
import { AppError } from "../../errors.ts";
import { formBody } from "../../http/body.ts";
import type { Pages } from "../../http/pages.ts";
import type { Sessions } from "../../http/session.ts";
import { check } from "../../validation/check.ts";
import { LabelPatch } from "./model.ts";
import type { Tasks } from "./service.ts";
import { labelIn } from "./view.ts";

/** The page of all labels, with its forms. The list of a label's tasks is a page of tasks. */
export const labelPages = (tasks: Tasks, sessions: Sessions, pages: Pages) =>
  new Elysia({ name: "label-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .get("/labels", async ({ actor, frame, html }) =>
      html(<LabelsPage frame={frame} labels={await tasks.listLabels(actor)} />),
    )
    .post("/labels/*", async ({ actor, request, form }) => {
      const written = labelIn(new URL(request.url).pathname) ?? "";
      if (form.get("remove") !== undefined) {
        const { label, changed, change } = await tasks.deleteLabel(actor, written);
        const message = `${label.name}: removed from ${plural(changed, "task")}`;
        return pages.redirectWithMessage(request, "/labels", message, change);
      }
      try {
        const { name } = check(LabelPatch, { name: form.get("name") });
        const { label, changed, change } = await tasks.renameLabel(actor, written, name);
        const message = change ? `${label.name}: ${plural(changed, "task")} changed` : "Nothing has changed.";
        return pages.redirectWithMessage(request, "/labels", message, change);
      } catch (error) {
        // A form that was sent twice has no label to rename.
        if (!(error instanceof AppError)) throw error;
        return pages.redirectWithMessage(request, "/labels", error.message);
      }
    });

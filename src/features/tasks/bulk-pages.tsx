import { Elysia } from "elysia";
import { ListUpdate } from "../../../views/tasks/list-update.tsx";
import { plural } from "../../../views/ui/plural.ts";
import { AppError } from "../../errors.ts";
import { formBody } from "../../http/body.ts";
import { isFragment } from "../../http/htmx.ts";
import { plainFormKey } from "../../http/idempotency-key.ts";
import type { Pages } from "../../http/pages.ts";
import type { Sessions } from "../../http/session.ts";
import { check } from "../../validation/check.ts";
import {
  bulkFields,
  bulkMessage,
  linesOf,
  linesProblem,
  matchingList,
  selectionProblem,
  shortTitle,
  taskFields,
  taskOfLine,
  viewBehind,
} from "./forms.ts";
import { createListUpdates, type TaskServices } from "./list-updates.tsx";
import { BulkInput, MatchingInput, TASK_DEFAULTS, TaskInput } from "./model.ts";
import { dueDateIn, isInView, isTree, viewQuery, viewUrl } from "./view.ts";

/** The forms that create or change many tasks as one action. */
export function bulkPages(services: TaskServices, sessions: Sessions, pages: Pages) {
  const { tasks } = services;
  const { listUpdate } = createListUpdates(services, pages);

  return new Elysia({ name: "bulk-pages", detail: { hide: true } })
    .use(sessions.signedIn)
    .use(formBody)
    .use(pages.plugin)
    .post("/tasks/lines", async ({ actor, frame, request, form, html, set }) => {
      const view = viewBehind(request);
      const { priority = view.priority ?? TASK_DEFAULTS.priority } = taskFields(form);
      const projectId = form.get("projectId") || view.project;
      const lines = linesOf(form.get("lines") ?? "");
      const problem = linesProblem(lines);
      if (problem) throw new AppError("malformed", problem);
      const dueDate = dueDateIn(view, frame.calendar);
      const inputs = lines.map((line) =>
        check(TaskInput, {
          ...{ ...taskOfLine(line), priority, dueDate },
          ...(projectId && { projectId }),
          ...(view.assignee && { assigneeId: view.assignee }),
          ...(view.label && { labels: [view.label] }),
        }),
      );
      const repeat = plainFormKey(request, form, actor.user.id, inputs);
      const { tasks: added, change } = await tasks.createTasks(actor, inputs, repeat);
      const hidden = added.filter(({ task }) => !isInView(task, view, frame.calendar)).length;
      const message = `${plural(added.length, "task")} added${hidden > 0 ? `, ${hidden} hidden by your filter` : ""}.`;
      const update = { calendar: frame.calendar, tasks: [], outdated: true, message, undo: change };
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back: viewUrl(view),
          fragment: async () => <ListUpdate {...(await listUpdate(actor, request, update))} />,
        },
      );
    })
    .post("/tasks/bulk", async ({ actor, frame, request, form, html, set }) => {
      const back = viewUrl(viewBehind(request));
      const { action, ...value } = bulkFields(form);
      const list = matchingList(form);
      if (list) {
        const input = check(MatchingInput, { action, ...value });
        const { changed, change } = await tasks.bulkMatching(
          actor,
          viewQuery(list),
          input,
          plainFormKey(request, form, actor.user.id, [list, input]),
        );
        const message = bulkMessage(input.action, changed);
        const update = { calendar: frame.calendar, tasks: [], outdated: true, message, undo: change };
        return pages.respondToAction(
          { request, set, html },
          {
            message,
            change,
            back,
            fragment: async () => <ListUpdate {...(await listUpdate(actor, request, update))} />,
          },
        );
      }
      // A script sends them in one field.
      const ids = form.all("ids").flatMap((each) => each.split(","));
      const problem = selectionProblem(ids);
      if (problem) {
        if (!isFragment(request)) return pages.redirectWithMessage(request, back, problem);
        throw new AppError("malformed", problem);
      }
      const input = check(BulkInput, { ids, action, ...value });
      const {
        tasks: selected,
        changed,
        change,
      } = await tasks.bulk(actor, input, plainFormKey(request, form, actor.user.id, input));
      const [first] = selected;
      // A script that names a place in the list has moved the rows there already.
      const isPlaced = Boolean(input.before ?? input.after ?? input.parentId);
      const isOne = isPlaced && ids.length === 1 && first && changed > 0;
      const message = isOne ? `Moved: ${shortTitle(first.task)}` : bulkMessage(input.action, changed);
      const update = {
        calendar: frame.calendar,
        tasks: selected,
        redraw: !isPlaced,
        outdated: input.action === "move" && !isPlaced && isTree(viewBehind(request)),
        message,
        undo: change,
      };
      return pages.respondToAction(
        { request, set, html },
        {
          message,
          change,
          back,
          fragment: async () => <ListUpdate {...(await listUpdate(actor, request, update))} />,
        },
      );
    });
}

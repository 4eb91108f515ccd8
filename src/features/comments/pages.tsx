import { Elysia } from "elysia";
import {
  CommentBox,
  CommentIssue,
  CommentStatus,
  Comments,
  type CommentsProps,
} from "../../../views/comments/comments.tsx";
import { CommentsPage } from "../../../views/comments/comments-page.tsx";
import { MentionsPage } from "../../../views/comments/mentions-page.tsx";
import { Toast } from "../../../views/ui/toast.tsx";
import type { Actor } from "../../actor.ts";
import { AppError } from "../../errors.ts";
import { formBody } from "../../http/body.ts";
import { isFragment } from "../../http/htmx.ts";
import { plainFormKey } from "../../http/idempotency-key.ts";
import type { Frame, Pages } from "../../http/pages.ts";
import { seeOther } from "../../http/redirect.ts";
import type { Sessions } from "../../http/session.ts";
import { truncate } from "../../text/truncate.ts";
import { check } from "../../validation/check.ts";
import { may } from "../projects/access.ts";
import type { Sharing } from "../sharing/service.ts";
import type { Tasks } from "../tasks/service.ts";
import { CommentInput, MAX_COMMENTS } from "./model.ts";
import type { Comments as CommentRules } from "./service.ts";

const PAGE = 50;
/** Characters of a comment in an announcement. */
const SHORT = 60;

/** Returns how many comments an open page shows. */
function limitOf(search: string | null | undefined): number {
  const limit = Number(search);
  return Number.isInteger(limit) && limit >= PAGE && limit <= MAX_COMMENTS ? limit : PAGE;
}

/** The services that pages of comments read from. */
interface CommentServices {
  readonly comments: CommentRules;
  readonly tasks: Tasks;
  readonly sharing: Sharing;
}

export function commentPages({ comments, tasks, sharing }: CommentServices, sessions: Sessions, pages: Pages) {
  /** Returns what the comments of a task show. */
  async function propsOf(actor: Actor, frame: Frame, taskId: string, limit = PAGE): Promise<CommentsProps> {
    const { items, nextBefore, versions } = await comments.listComments(actor, taskId, { limit });
    const { projectId } = (await tasks.getTask(actor, taskId)).task;
    return {
      taskId,
      comments: items.map((comment) => ({ ...comment, version: versions.get(comment.id) ?? 1 })),
      more: nextBefore === null ? undefined : Math.min(limit + PAGE, MAX_COMMENTS),
      limit,
      titles: await tasks.titlesIn(
        actor,
        items.map(({ text }) => text),
      ),
      members: await sharing.listMembers(actor, projectId),
      me: actor.user.id,
      mayComment: may(actor, "edit", projectId),
      mayDelete: may(actor, "manage", projectId),
      calendar: frame.calendar,
      formKey: frame.formKey,
    };
  }

  return (
    new Elysia({ name: "comment-pages", detail: { hide: true } })
      .use(sessions.signedIn)
      .use(formBody)
      .use(pages.plugin)
      .get("/tasks/:id/comments", async ({ actor, frame, params, request, html }) => {
        const limit = limitOf(new URL(request.url).searchParams.get("limit"));
        const { task } = await tasks.getTask(actor, params.id);
        const shown = await propsOf(actor, frame, task.id, limit);
        // The title of a whole page would become that of the open task.
        if (isFragment(request)) return html(<Comments {...shown} />);
        return html(<CommentsPage frame={frame} task={task} comments={shown} />);
      })
      .post("/tasks/:id/comments", async ({ actor, frame, params, request, form, html, set }) => {
        const text = form.get("text") ?? "";
        try {
          const input = check(CommentInput, { text });
          const repeat = plainFormKey(request, form, actor.user.id, input);
          const { comment, change } = await comments.addComment(actor, params.id, input, repeat);
          return await pages.respondToAction(
            { request, set, html },
            {
              message: "Comment added",
              change,
              back: `/tasks/${comment.taskId}/comments`,
              fragment: async () => (
                <>
                  <CommentBox {...(await propsOf(actor, frame, comment.taskId, limitOf(form.get("limit"))))} swap />
                  <CommentStatus message={`Comment added: ${truncate(comment.text, SHORT)}`} swap="outerMorph" />
                  <CommentIssue id="comment-issue" message="" />
                </>
              ),
            },
          );
        } catch (error) {
          if (!(error instanceof AppError) || error.code !== "invalid") throw error;
          set.status = 422;
          if (isFragment(request)) return html(<CommentIssue id="comment-issue" message={error.message} />);
          const { task } = await tasks.getTask(actor, params.id);
          const shown = await propsOf(actor, frame, task.id);
          return html(
            <CommentsPage frame={frame} task={task} comments={shown} draft={{ text, issues: error.issues }} />,
          );
        }
      })
      // Where the activity leads to.
      .get("/comments/:id", async ({ actor, params, request }) => {
        const { comment } = await comments.getComment(actor, params.id);
        return seeOther(request, `/tasks/${comment.taskId}#comment-${comment.id}`);
      })
      .post("/comments/:id", async ({ actor, frame, params, request, form, html, set }) => {
        const { comment: before, version: current } = await comments.getComment(actor, params.id);
        const seen = Number(form.get("version") ?? current);
        const text = form.get("text") ?? "";
        const back = `/tasks/${before.taskId}/comments`;
        try {
          const { change } = await comments.editComment(actor, params.id, check(CommentInput, { text }), (version) => {
            // Two windows may have saved the same.
            if (version !== seen && text.trim() !== before.text)
              throw new AppError("preconditionFailed", "Changed in another window. Copy your text, then close Edit.");
          });
          return await pages.respondToAction(
            { request, set, html },
            {
              message: "Saved",
              change,
              back,
              fragment: async () => (
                <CommentBox {...(await propsOf(actor, frame, before.taskId, limitOf(form.get("limit"))))} swap />
              ),
            },
          );
        } catch (error) {
          if (!(error instanceof AppError) || !["invalid", "preconditionFailed"].includes(error.code)) throw error;
          if (!isFragment(request)) return pages.redirectWithMessage(request, back, error.message);
          set.status = error.code === "invalid" ? 422 : 412;
          return html(<CommentIssue id={`edit-issue-${before.id}`} message={error.message} />);
        }
      })
      .post("/comments/:id/deletion", async ({ actor, frame, params, request, form, html, set }) => {
        const { comment, change } = await comments.deleteComment(actor, params.id);
        const message = "Comment deleted";
        return pages.respondToAction(
          { request, set, html },
          {
            message,
            change,
            back: `/tasks/${comment.taskId}/comments`,
            fragment: async () => (
              <>
                <CommentBox {...(await propsOf(actor, frame, comment.taskId, limitOf(form.get("limit"))))} swap />
                <Toast message={message} undo={change} />
              </>
            ),
          },
        );
      })
      .get("/activity/mentions", async ({ actor, frame, html }) => {
        const found = await comments.listMentions(actor);
        const shown = await tasks.getTasks(
          actor,
          found.map(({ taskId }) => taskId),
        );
        const titles = new Map(shown.map(({ task }) => [task.id, task.title]));
        const mentions = found.flatMap((comment) => {
          const title = titles.get(comment.taskId);
          return title === undefined ? [] : [{ comment, title }];
        });
        return html(<MentionsPage frame={frame} mentions={mentions} />);
      })
  );
}

import { type Context, Elysia } from "elysia";
import { jsonBody } from "../../http/body.ts";
import { changeHeader } from "../../http/change-header.ts";
import { etagOf, ifMatch, itemResponse } from "../../http/etag.ts";
import { idempotencyKey } from "../../http/idempotency-key.ts";
import { operation } from "../../http/openapi.ts";
import type { Sessions } from "../../http/session.ts";
import { TaskId } from "../tasks/model.ts";
import { type ChangedComment, CommentId, CommentInput, CommentQuery } from "./model.ts";
import type { Comments } from "./service.ts";

const tag = "Comments";

/** Sets the headers that a changed comment is returned with. */
function changedComment(set: Context["set"], { comment, version, change }: ChangedComment) {
  set.headers.etag = etagOf(version);
  Object.assign(set.headers, changeHeader(change));
  return comment;
}

export const commentsApi = (comments: Comments, sessions: Sessions) =>
  new Elysia({ name: "comments-api", prefix: "/api" })
    .use(sessions.signedIn)
    .use(jsonBody)
    .get(
      "/tasks/:id/comments",
      async ({ actor, params, query }) => {
        const { items, nextBefore } = await comments.listComments(actor, params.id, query);
        return { items, nextBefore };
      },
      {
        params: TaskId,
        query: CommentQuery,
        detail: operation({
          tag,
          summary: "List the comments of a task",
          description: "The newest 50, the oldest of them first. `nextBefore` leads to earlier ones.",
          schema: "CommentPage",
          errors: [401, 404, 422],
        }),
      },
    )
    .post(
      "/tasks/:id/comments",
      async ({ actor, params, body, request, set }) => {
        const repeat = idempotencyKey(request, actor.user.id, [params.id, body]);
        const added = await comments.addComment(actor, params.id, body, repeat);
        set.status = 201;
        set.headers.location = `/api/comments/${added.comment.id}`;
        return changedComment(set, added);
      },
      {
        params: TaskId,
        body: CommentInput,
        detail: operation({
          tag,
          summary: "Comment on a task",
          description:
            "For members who may change the task. A task can have 1,000 comments. They move with it to another project, and into the trash and out of it.",
          status: 201,
          schema: "Comment",
          headers: ["Location", "ETag", "TaskFlow-Change"],
          repeatable: true,
          errors: [400, 401, 403, 404, 409, 413, 415, 422],
        }),
      },
    )
    .get(
      "/comments/:id",
      async ({ actor, params, request }) => {
        const { comment, version } = await comments.getComment(actor, params.id);
        return itemResponse(request, comment, version);
      },
      {
        params: CommentId,
        detail: operation({
          tag,
          summary: "Read a comment",
          schema: "Comment",
          headers: ["ETag"],
          conditional: "If-None-Match",
          errors: [401, 404],
        }),
      },
    )
    .patch(
      "/comments/:id",
      async ({ actor, params, body, request, set }) =>
        changedComment(set, await comments.editComment(actor, params.id, body, ifMatch(request))),
      {
        params: CommentId,
        body: CommentInput,
        detail: operation({
          tag,
          summary: "Edit a comment",
          description: "Only its author may edit it.",
          schema: "Comment",
          headers: ["ETag", "TaskFlow-Change"],
          conditional: "If-Match",
          errors: [400, 401, 403, 404, 409, 412, 413, 415, 422],
        }),
      },
    )
    .delete(
      "/comments/:id",
      async ({ actor, params, request, set }) => {
        const { change } = await comments.deleteComment(actor, params.id, ifMatch(request));
        set.status = 204;
        Object.assign(set.headers, changeHeader(change));
      },
      {
        params: CommentId,
        detail: operation({
          tag,
          summary: "Delete a comment",
          description:
            "Only its author and owners of the project may delete it. Whoever deleted it can undo that for 30 days.",
          status: 204,
          headers: ["TaskFlow-Change"],
          conditional: "If-Match",
          errors: [401, 403, 404, 409, 412, 422],
        }),
      },
    );

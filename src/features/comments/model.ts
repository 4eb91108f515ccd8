import { type Static, t } from "elysia";
import { Count, strict, Text } from "../../validation/types.ts";

/** The most comments that a task can have. */
export const MAX_COMMENTS = 1000;

const text = Text({
  title: "Comment",
  minLength: 1,
  maxLength: 10_000,
  description: "Markdown, 1 to 10,000 characters after trimming. `@username` mentions a member of the project.",
  examples: ["Looks good to me. @ada, can you add the date?"],
});

/** A new comment, and what `PATCH` changes. */
export const CommentInput = t.Object({ text }, strict);
export type CommentInput = Static<typeof CommentInput>;

/** An id can be any text: one that is not a comment's is not found. */
export const CommentId = t.Object({
  id: t.String({ title: "Id", examples: ["019aab2c-7f3e-7000-8b2a-3d5e6f708194"] }),
});

export const CommentQuery = t.Object(
  {
    before: t.Optional(
      Text({
        title: "Before",
        minLength: 1,
        maxLength: 64,
        description: "Only comments that are older than this one: `nextBefore` of the previous page.",
      }),
    ),
    limit: t.Optional(Count({ title: "Limit", minimum: 1, maximum: 200, default: 50 })),
  },
  strict,
);
export type CommentQuery = Static<typeof CommentQuery>;

const exampleComment = {
  id: "019aab2c-7f3e-7000-8b2a-3d5e6f708194",
  projectId: "019aab2c-7f3e-7000-8b2a-3d5e6f708191",
  taskId: "019aab2c-7f3e-7000-8b2a-3d5e6f708192",
  authorId: "019aab2c-7f3e-7000-8b2a-3d5e6f708193",
  author: "bob",
  text: "Looks good to me. @ada, can you add the date?",
  createdAt: "2026-05-03T09:30:00.000Z",
  editedAt: null,
};

export const Comment = t.Object(
  {
    id: t.String({ format: "uuid" }),
    projectId: t.String({ format: "uuid", description: "The project that the task is in." }),
    taskId: t.String({ format: "uuid" }),
    authorId: t.String({ format: "uuid" }),
    author: t.Union([t.String(), t.Null()], { description: "Their username; null if the account was deleted." }),
    text: t.String(),
    createdAt: t.String({ format: "date-time" }),
    editedAt: t.Union([t.String({ format: "date-time" }), t.Null()], {
      description: "When the author last changed the text.",
    }),
  },
  { ...strict, examples: [exampleComment] },
);
export type Comment = Static<typeof Comment>;

export const CommentPage = t.Object(
  {
    items: t.Array(Comment, { description: "The newest ones, the oldest of them first." }),
    nextBefore: t.Union([t.String(), t.Null()], {
      description: "`before` of the page with earlier comments; null if there are none.",
    }),
  },
  { ...strict, examples: [{ items: [exampleComment], nextBefore: null }] },
);
export type CommentPage = Static<typeof CommentPage>;

/** A comment with the number of its version. */
export interface VersionedComment {
  readonly comment: Comment;
  readonly version: number;
}

/** A comment after an action, and the change that takes the action back; none if nothing has changed. */
export interface ChangedComment extends VersionedComment {
  readonly change: number | undefined;
}

import type { Calendar } from "../../src/calendar.ts";
import type { Issue } from "../../src/errors.ts";
import type { Comment } from "../../src/features/comments/model.ts";
import { FORMER_NAME } from "../../src/features/projects/model.ts";
import type { Member } from "../../src/features/sharing/model.ts";
import { renderMarkdown } from "../../src/text/markdown.ts";
import { markMentions } from "../../src/text/mentions.ts";
import { attribute } from "../ui/attribute.ts";
import { issueOf } from "../ui/field.tsx";
import { FormKey } from "../ui/form-key.tsx";
import { Initials } from "../ui/initials.tsx";
import { Moment } from "../ui/moment.tsx";

export interface CommentsProps {
  taskId: string;
  /** The newest ones, the oldest of them first. */
  comments: readonly (Comment & { readonly version: number })[];
  /** How many of them to show to see earlier ones; undefined if there are none. */
  more: number | undefined;
  /** How many are shown at most: an action of the reader leaves it so. */
  limit: number;
  /** The titles of the tasks that comments link to, by id. */
  titles: ReadonlyMap<string, string>;
  members: readonly Member[];
  /** The id of the reader's account. */
  me: string;
  /** Whether the reader may comment, and may delete what others wrote. */
  mayComment: boolean;
  mayDelete: boolean;
  calendar: Calendar;
  formKey?: string | undefined;
}

/** The comments of a task, and the field for a new one. */
export const Comments = ({ draft, ...props }: CommentsProps & { draft?: CommentDraft | undefined }) => (
  <section class="comments" aria-label="Comments">
    <CommentBox {...props} />
    {props.mayComment ? <CommentForm {...props} draft={draft} /> : null}
  </section>
);

/** The comments without the field: what a live update replaces. */
export const CommentBox = ({ swap = false, ...props }: CommentsProps & { swap?: boolean }) => {
  const { taskId, comments, more, limit } = props;
  const url = `/tasks/${taskId}/comments`;
  return (
    <div
      id="comment-box"
      data-task={taskId}
      hx-swap-oob={swap ? `outerMorph:#comment-box[data-task="${taskId}"]` : undefined}
    >
      <input type="hidden" id="comment-limit" name="limit" value={String(limit)} />
      {more === undefined ? null : (
        <p class="comments-earlier">
          <a
            href={`${url}?limit=${more}`}
            hx-get={`${url}?limit=${more}`}
            hx-target="#comment-box"
            hx-select="#comment-box"
            hx-swap="outerMorph"
          >
            Show earlier
          </a>
        </p>
      )}
      <ol class="comment-list" id="comment-list">
        {comments.map((comment) => (
          <CommentItem comment={comment} {...props} />
        ))}
      </ol>
    </div>
  );
};

function CommentItem({
  comment,
  members,
  me,
  mayComment,
  mayDelete,
  titles,
  calendar,
  formKey,
}: CommentsProps & { comment: CommentsProps["comments"][number] }) {
  const { id, author, authorId, createdAt, editedAt } = comment;
  const name = author ?? FORMER_NAME;
  const isOwn = authorId === me && mayComment;
  return (
    <li class="comment" id={`comment-${id}`}>
      <Initials username={author ?? "?"} />
      <div class="comment-content">
        <p class="comment-head">
          <bdi class="comment-author" safe>
            {name}
          </bdi>
          <Moment at={createdAt} calendar={calendar} />
          {editedAt ? (
            <span class="comment-edited">
              edited <Moment at={editedAt} calendar={calendar} />
            </span>
          ) : null}
        </p>
        <CommentText text={comment.text} names={members.map(({ username }) => username)} titles={titles} />
        <div class="comment-actions">
          {isOwn ? <EditComment comment={comment} /> : null}
          {isOwn || mayDelete ? (
            <form
              method="post"
              action={`/comments/${id}/deletion`}
              hx-post={`/comments/${id}/deletion`}
              hx-include="#comment-limit"
              hx-swap="none"
            >
              <FormKey value={formKey} />
              <button class="link-button" type="submit" aria-label={attribute(`Delete the comment of ${name}`)}>
                Delete
              </button>
            </form>
          ) : null}
        </div>
      </div>
    </li>
  );
}

/** What somebody wrote, with the members that it mentions. */
export const CommentText = ({
  text,
  names,
  titles,
}: {
  text: string;
  names: readonly string[];
  titles?: ReadonlyMap<string, string>;
}) => {
  const known = new Set(names.map((name) => name.toLowerCase()));
  return (
    <div class="markdown comment-text" dir="auto">
      {markMentions(renderMarkdown(text, titles && { titles }), known).html as "safe"}
    </div>
  );
};

/** Another version has another form, so that a live update keeps what is being typed into this one. */
const EditComment = ({ comment: { id, text, version } }: { comment: CommentsProps["comments"][number] }) => (
  <details class="comment-edit" id={`edit-${id}-${version}`} hx-morph-skip>
    <summary class="link-button">Edit</summary>
    <form
      class="comment-form"
      method="post"
      action={`/comments/${id}`}
      hx-post={`/comments/${id}`}
      hx-include="#comment-limit"
      hx-swap="none"
    >
      <input type="hidden" name="version" value={String(version)} />
      <textarea
        class="form-control comment-field"
        name="text"
        aria-label="Comment"
        rows="3"
        dir="auto"
        required
        data-draft={`edit-${id}-${version}`}
        safe
      >
        {`\n${text}`}
      </textarea>
      <p class="field-issue" id={`edit-issue-${id}`} role="alert" />
      <button class="btn btn-primary" type="submit">
        Save
      </button>
    </form>
  </details>
);

/** What was typed, and what is wrong with it. */
export interface CommentDraft {
  readonly text: string;
  readonly issues: readonly Issue[];
}

/** The field for a new comment. A script offers the members for completion. */
export const CommentForm = ({
  taskId,
  members,
  draft,
  formKey,
}: Pick<CommentsProps, "taskId" | "members" | "formKey"> & { draft?: CommentDraft | undefined }) => (
  <form
    class="comment-form"
    id="comment-form"
    method="post"
    action={`/tasks/${taskId}/comments`}
    hx-post={`/tasks/${taskId}/comments`}
    hx-include="#comment-limit"
    hx-swap="none"
    hx-sync="this:drop"
  >
    <FormKey value={formKey} />
    <textarea
      class="form-control comment-field"
      id="comment"
      name="text"
      rows="2"
      dir="auto"
      placeholder="Write a comment"
      aria-label="New comment"
      aria-describedby="comment-issue"
      required
      data-draft={`comment-${taskId}`}
      safe
    >
      {`\n${draft?.text ?? ""}`}
    </textarea>
    <p class="field-issue" id="comment-issue" role="alert" safe>
      {issueOf(draft?.issues ?? [], "text")?.message ?? ""}
    </p>
    <CommentStatus message="" />
    <button class="btn btn-quiet" type="submit">
      Comment
    </button>
    <MentionList members={members} />
  </form>
);

/** The members that a comment can mention. A script shows those that match while `@` is typed. */
const MentionList = ({ members }: { members: readonly Member[] }) => (
  <div class="mention-list" id="mention-list" role="listbox" aria-label="Members" hidden>
    {members.map(({ id, username }) => (
      <button class="mention-option" id={`mention-${id}`} type="button" role="option" aria-selected="false" safe>
        {username}
      </button>
    ))}
  </div>
);

/** Announces a new comment to screen readers. */
export const CommentStatus = ({ message, swap }: { message: string; swap?: "outerMorph" }) => (
  <p class="visually-hidden" id="comment-status" role="status" hx-swap-oob={swap} safe>
    {message}
  </p>
);

/** Says beside a field why a comment was not saved. */
export const CommentIssue = ({ id, message }: { id: string; message: string }) => (
  <p class="field-issue" id={id} role="alert" hx-swap-oob="outerMorph" safe>
    {message}
  </p>
);

/** Loads the comments of the open task in its place. Without a script, the link leads to them. */
export const CommentsPlace = ({ taskId }: { taskId: string }) => {
  const url = `/tasks/${taskId}/comments`;
  return (
    <div
      class="comments-place"
      id={`comments-${taskId}`}
      hx-get={url}
      hx-trigger="load"
      hx-select=".comments"
      hx-swap="innerHTML"
      hx-morph-skip
    >
      <p class="comments-earlier">
        <a href={url}>Comments</a>
      </p>
    </div>
  );
};

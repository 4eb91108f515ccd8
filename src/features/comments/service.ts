import { and, desc, eq, getTableColumns, isNull, lt, sql } from "drizzle-orm";
import type { Actor } from "../../actor.ts";
import type { Database, Reader, Writer } from "../../db/database.ts";
import type { Idempotency, Repeatable } from "../../db/idempotency.ts";
import { tableFrom, unionOf } from "../../db/union.ts";
import { AppError } from "../../errors.ts";
import { renderMarkdown } from "../../text/markdown.ts";
import { markMentions } from "../../text/mentions.ts";
import type { Changed } from "../changes/entity.ts";
import type { Precondition } from "../changes/items.ts";
import type { Values } from "../changes/model.ts";
import type { Changes } from "../changes/service.ts";
import type { Projects } from "../projects/service.ts";
import type { Tasks } from "../tasks/service.ts";
import { commentEntity, type Row } from "./entity.ts";
import {
  type ChangedComment,
  type Comment,
  type CommentInput,
  type CommentPage,
  type CommentQuery,
  MAX_COMMENTS,
  type VersionedComment,
} from "./model.ts";

const PAGE = 50;
/** Comments of each project that are searched for mentions. */
const SEARCHED = 500;

export type Comments = ReturnType<typeof createComments>;

/** The rules of comments. A comment is where its task is: in its project, in the trash with it, and gone with it. */
export function createComments(
  db: Database,
  changes: Changes,
  { namesOf }: Pick<Projects, "namesOf">,
  { getTask }: Pick<Tasks, "getTask">,
  { once }: Pick<Idempotency, "once">,
) {
  const { comments, tasks } = db.schema;
  const items = changes.register(commentEntity(comments, count));

  /** Keeps how many comments a task has: those that are not in the trash. */
  async function count(tx: Writer, written: readonly Changed<Row>[]): Promise<void> {
    for (const { before, after } of written) {
      const [then, since] = [before, after].map((row) => (row && row.deletedAt === null ? 1 : 0)) as [number, number];
      const row = after ?? before;
      if (!row || then === since) continue;
      await tx
        .update(tasks)
        .set({ commentCount: sql`${tasks.commentCount} + ${since - then}` })
        .where(and(eq(tasks.projectId, row.projectId), eq(tasks.id, row.taskId)));
    }
  }

  async function toVersioned(row: Row): Promise<VersionedComment> {
    const names = await namesOf([row.authorId]);
    return { comment: toComment(row, names), version: row.version };
  }

  /** Returns a comment of a task that is not in the trash. @throws AppError `notFound` */
  async function find(reader: Reader, actor: Actor, id: string): Promise<Row> {
    const row = await items.get(reader, actor, id);
    await getTask(actor, row.taskId, reader);
    return row;
  }

  /** Changes the given fields of a comment. */
  async function revise(actor: Actor, id: string, patch: (row: Row) => Values, precondition?: Precondition) {
    const { row, change } = await db.write(
      async (tx) => {
        await find(tx, actor, id);
        return items.revise(tx, actor, id, patch, { precondition });
      },
      ...(await items.projectsOf(id, actor)),
    );
    return { ...(await toVersioned(row)), change };
  }

  return {
    /**
     * Returns the newest comments of a task, the oldest of them first.
     * @throws AppError `notFound`
     */
    async listComments(
      actor: Actor,
      taskId: string,
      { before, limit = PAGE }: CommentQuery = {},
    ): Promise<CommentPage & { versions: ReadonlyMap<string, number> }> {
      const { task } = await getTask(actor, taskId);
      const rows = await db.read
        .select()
        .from(comments)
        .where(
          and(
            eq(comments.projectId, task.projectId),
            eq(comments.taskId, taskId),
            isNull(comments.deletedAt),
            before === undefined ? undefined : lt(comments.id, before),
          ),
        )
        .orderBy(desc(comments.id))
        .limit(Number(limit) + 1);
      const shown = rows.slice(0, Number(limit)).reverse();
      const names = await namesOf(shown.map(({ authorId }) => authorId));
      return {
        items: shown.map((row) => toComment(row, names)),
        nextBefore: rows.length > shown.length ? (shown[0]?.id ?? null) : null,
        versions: new Map(shown.map(({ id, version }) => [id, version])),
      };
    },

    /**
     * Returns the newest comments of others that mention the actor, of the newest ones in each project that they see. Those
     * of tasks in the trash are among them.
     */
    async listMentions(actor: Actor): Promise<Comment[]> {
      const { user, access } = actor;
      const projectIds = [...access.projects].flatMap(([id, { deleted }]) => (deleted ? [] : [id]));
      const pattern = `%@${user.username.toLowerCase().replace(/[\\%_]/g, "\\$&")}%`;
      const rows = await db.readLong({ accountId: user.id }, async (reader) => {
        const parts = projectIds.map((id) => {
          const newest = reader
            .select()
            .from(comments)
            .where(and(eq(comments.projectId, id), isNull(comments.deletedAt)))
            .orderBy(desc(comments.id))
            .limit(SEARCHED)
            .as("newest");
          const isMention = sql`lower(${newest.text}) like ${pattern} escape '\\' and ${newest.authorId} <> ${user.id}`;
          return reader.select().from(newest).where(isMention).orderBy(desc(newest.id)).limit(PAGE);
        });
        return reader
          .select(getTableColumns(comments))
          .from(tableFrom("comments", unionOf(parts)))
          .orderBy(desc(comments.id))
          .limit(PAGE);
      });
      const name = new Set([user.username.toLowerCase()]);
      const found = rows.filter(({ text }) => markMentions(renderMarkdown(text), name).mentioned.size > 0);
      const names = await namesOf(found.map(({ authorId }) => authorId));
      return found.map((row) => toComment(row, names));
    },

    /** @throws AppError `notFound` */
    async getComment(actor: Actor, id: string): Promise<VersionedComment> {
      return toVersioned(await find(db.read, actor, id));
    },

    /**
     * Adds a comment to a task.
     * @param repeat makes a repeated request get the first result
     * @throws AppError `notFound`; `forbidden`; `conflict` if the task has too many
     */
    async addComment(
      actor: Actor,
      taskId: string,
      { text }: CommentInput,
      repeat?: Repeatable,
    ): Promise<ChangedComment> {
      const { projectId } = (await getTask(actor, taskId)).task;
      return db.write(
        (tx) =>
          once(tx, repeat, async () => {
            const { task } = await getTask(actor, taskId, tx);
            if (task.projectId !== projectId) throw new AppError("conflict", "The task was moved. Try again.");
            if (task.commentCount >= MAX_COMMENTS)
              throw new AppError("conflict", `A task can have at most ${MAX_COMMENTS.toLocaleString("en")} comments.`);
            const values = { projectId, taskId, authorId: actor.user.id, text, editedAt: null };
            const { row, change } = await items.create(tx, actor, values);
            return { comment: toComment(row, new Map([[actor.user.id, actor.user.username]])), version: 1, change };
          }),
        projectId,
      );
    },

    /**
     * Changes the text of a comment. Nothing changes if it is the same.
     * @throws AppError `notFound`; `forbidden` for another's comment; what the precondition throws
     */
    editComment: (actor: Actor, id: string, { text }: CommentInput, precondition?: Precondition) =>
      revise(
        actor,
        id,
        (row): Values => (text.trim() === row.text ? {} : { text, editedAt: new Date().toISOString() }),
        precondition,
      ),

    /** Deletes a comment. Throws like `editComment`, but an owner of the project may delete it, too. */
    deleteComment: (actor: Actor, id: string, precondition?: Precondition): Promise<ChangedComment> =>
      revise(actor, id, () => ({ deletedAt: new Date().toISOString() }), precondition),
  };
}

const toComment = (row: Row, names: ReadonlyMap<string, string>): Comment => ({
  id: row.id,
  projectId: row.projectId,
  taskId: row.taskId,
  authorId: row.authorId,
  author: names.get(row.authorId) ?? null,
  text: row.text,
  createdAt: row.createdAt.toISOString(),
  editedAt: row.editedAt?.toISOString() ?? null,
});

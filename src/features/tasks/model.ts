import { type Static, t } from "elysia";
import { fold } from "../../text/fold.ts";
import { Choice, Count, Integer, strict, Text } from "../../validation/types.ts";

export const PRIORITIES = ["low", "medium", "high"] as const;
export const STATUSES = ["open", "completed", "all"] as const;
export const SORTS = ["createdAt", "updatedAt", "title", "priority"] as const;
export const ORDERS = ["asc", "desc"] as const;
export const BULK_ACTIONS = ["complete", "reopen", "delete", "setPriority"] as const;

export type Priority = (typeof PRIORITIES)[number];
export type Sort = (typeof SORTS)[number];
export type Order = (typeof ORDERS)[number];
export type BulkAction = (typeof BULK_ACTIONS)[number];

export const PRIORITY_LABELS: Readonly<Record<Priority, string>> = { low: "Low", medium: "Medium", high: "High" };

const title = Text({
  title: "Title",
  minLength: 1,
  maxLength: 200,
  pattern: "^[^\\x00-\\x08\\x0a-\\x1f\\x7f]*$",
  hint: "Title must be a single line without control characters.",
  description: "1 to 200 characters after trimming, on one line.",
  examples: ["Write the launch note"],
});
const description = Text({
  title: "Description",
  minLength: 0,
  maxLength: 10_000,
  trim: false,
  description: "Plain text; line breaks are kept.",
  examples: ["Two paragraphs.\nOne screenshot."],
});
const priority = (rules: { default?: Priority } = {}) =>
  Choice(PRIORITIES, { title: "Priority", examples: ["high"], ...rules });
const completed = (rules: { default?: boolean } = {}) => t.Boolean({ title: "Completed", examples: [false], ...rules });

/** The fields of a new task, and those that `PUT` replaces. A field that is left out gets its default. */
export const TaskInput = t.Object(
  {
    title,
    description: t.Optional({ ...description, default: "" }),
    priority: t.Optional(priority({ default: "medium" })),
    completed: t.Optional(completed({ default: false })),
  },
  strict,
);
export type TaskInput = Static<typeof TaskInput>;

/** The fields that `PATCH` changes. A field that is left out stays as it is. */
export const TaskPatch = t.Partial(
  t.Object({ title, description, priority: priority(), completed: completed() }, strict),
  strict,
);
export type TaskPatch = Static<typeof TaskPatch>;

/** The values that fields get which are left out. */
export const TASK_DEFAULTS = defaultsOf(TaskInput);

/** An id can be any text: one that is not a task's is not found. */
export const TaskId = t.Object({ id: t.String({ title: "Id", examples: ["019aab2c-7f3e-7000-8b2a-3d5e6f708192"] }) });

/** The most tasks that one action can change. */
export const MAX_BULK = 1000;

export const BulkInput = t.Object(
  {
    ids: t.Array(Text({ title: "Id", minLength: 1, maxLength: 64 }), {
      title: "Ids",
      minItems: 1,
      maxItems: MAX_BULK,
      examples: [["019aab2c-7f3e-7000-8b2a-3d5e6f708192"]],
    }),
    action: Choice(BULK_ACTIONS, { title: "Action", examples: ["complete"] }),
    priority: t.Optional(
      Choice(PRIORITIES, { title: "Priority", description: "Required for `setPriority`, rejected otherwise." }),
    ),
  },
  strict,
);
export type BulkInput = Static<typeof BulkInput>;

export const TaskQuery = t.Object(
  {
    status: t.Optional(Choice(STATUSES, { title: "Status", default: "all" })),
    priority: t.Optional(priority()),
    q: t.Optional(
      Text({
        title: "Search",
        minLength: 0,
        maxLength: 200,
        description: "Words that must all occur in the title or the description. Case and accents are ignored.",
        examples: ["launch"],
      }),
    ),
    sort: t.Optional(Choice(SORTS, { title: "Sort", default: "createdAt" })),
    order: t.Optional(
      Choice(ORDERS, { title: "Order", description: "Titles ascend by default; times and priorities descend." }),
    ),
    limit: t.Optional(Count({ title: "Limit", minimum: 1, maximum: 200, default: 50 })),
    cursor: t.Optional(
      Text({
        title: "Cursor",
        minLength: 1,
        maxLength: 12_000,
        description: "`nextCursor` of the previous page, with the same `sort` and `order`.",
      }),
    ),
  },
  strict,
);
export type TaskQuery = Static<typeof TaskQuery>;

export const exampleTask = {
  id: "019aab2c-7f3e-7000-8b2a-3d5e6f708192",
  title: "Write the launch note",
  description: "Two paragraphs.\nOne screenshot.",
  priority: "high",
  completed: false,
  completedAt: null,
  createdAt: "2026-05-03T09:30:00.000Z",
  updatedAt: "2026-05-03T09:30:00.000Z",
};

export const Task = t.Object(
  {
    id: t.String({ format: "uuid" }),
    title: t.String(),
    description: t.String(),
    priority: Choice(PRIORITIES, { title: "Priority" }),
    completed: t.Boolean(),
    completedAt: t.Union([t.String({ format: "date-time" }), t.Null()]),
    createdAt: t.String({ format: "date-time" }),
    updatedAt: t.String({ format: "date-time" }),
  },
  { ...strict, examples: [exampleTask] },
);
export type Task = Static<typeof Task>;

/** A task with the number of its version, which only the ETag and the edit form show. */
export interface VersionedTask {
  readonly task: Task;
  readonly version: number;
}

/** A task after an action, and the change that takes the action back; none if nothing has changed. */
export interface ChangedTask extends VersionedTask {
  readonly change: number | undefined;
}

/** Tasks after an action, and the change that takes the action back. */
export interface ChangedTasks {
  readonly tasks: readonly (VersionedTask & { readonly gone: boolean })[];
  readonly change: number | undefined;
}

export const Totals = t.Object({ open: Integer(), completed: Integer() }, strict);
export type Totals = Static<typeof Totals>;

export const TaskPage = t.Object(
  {
    items: t.Array(Task),
    nextCursor: t.Union([t.String(), t.Null()], { description: "Null on the last page." }),
    totals: Totals,
  },
  { ...strict, examples: [{ items: [exampleTask], nextCursor: null, totals: { open: 1, completed: 0 } }] },
);
export type TaskPage = Static<typeof TaskPage>;

export const BulkResult = t.Object(
  { affected: Integer({ description: "How many tasks the action applied to." }) },
  { ...strict, examples: [{ affected: 3 }] },
);

/** A task in the trash. */
export const DeletedTask = t.Object(
  { ...Task.properties, deletedAt: t.String({ format: "date-time" }) },
  { ...strict, examples: [{ ...exampleTask, deletedAt: "2026-05-04T08:00:00.000Z" }] },
);
export type DeletedTask = Static<typeof DeletedTask>;

export const TrashPage = t.Object(
  {
    items: t.Array(DeletedTask),
    nextCursor: t.Union([t.String(), t.Null()], { description: "Null on the last page." }),
  },
  {
    ...strict,
    examples: [{ items: [{ ...exampleTask, deletedAt: "2026-05-04T08:00:00.000Z" }], nextCursor: null }],
  },
);
export type TrashPage = Static<typeof TrashPage>;

export const TrashQuery = t.Object(
  {
    limit: t.Optional(Count({ title: "Limit", minimum: 1, maximum: 200, default: 50 })),
    cursor: t.Optional(
      Text({ title: "Cursor", minLength: 1, maxLength: 200, description: "`nextCursor` of the previous page." }),
    ),
  },
  strict,
);
export type TrashQuery = Static<typeof TrashQuery>;

/** Returns the order that people expect: the newest and the highest first, titles from A to Z. */
export const defaultOrder = (sort: Sort): Order => (sort === "title" ? "asc" : "desc");

const MAX_WORDS = 10;

/** Returns the words that must all occur in a task. More than ten would not narrow a search further. */
export const searchWords = (q: string | undefined) =>
  fold(q ?? "")
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, MAX_WORDS);

/** Returns the defaults that an object's schema states. */
function defaultsOf(schema: typeof TaskInput): Required<Omit<TaskInput, "title">> {
  const entries = Object.entries(schema.properties).flatMap(([name, field]) =>
    field.default === undefined ? [] : [[name, field.default]],
  );
  return Object.fromEntries(entries);
}

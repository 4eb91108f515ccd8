import { type Static, t } from "elysia";
import { fold } from "../../text/fold.ts";
import {
  Choice,
  Count,
  Integer,
  PlainDate,
  PlainTime,
  RepeatRule,
  strict,
  Text,
  type TextSchema,
  TimeZone,
  textProblem,
} from "../../validation/types.ts";

export const PRIORITIES = ["none", "low", "medium", "high"] as const;
export const STATUSES = ["open", "completed", "all"] as const;
export const SORTS = ["manual", "createdAt", "updatedAt", "completedAt", "title", "priority", "dueDate"] as const;
export const ORDERS = ["asc", "desc"] as const;
export const BULK_ACTIONS = [
  "complete",
  "reopen",
  "delete",
  "setPriority",
  "setDueDate",
  "assign",
  "addLabel",
  "removeLabel",
  "move",
] as const;
export const REPEAT_FROM = ["dueDate", "completion"] as const;
/** The lists by date. */
export const DUE = ["overdue", "today", "upcoming"] as const;

export type Priority = (typeof PRIORITIES)[number];
export type Sort = (typeof SORTS)[number];
export type Order = (typeof ORDERS)[number];
export type BulkAction = (typeof BULK_ACTIONS)[number];

export const PRIORITY_LABELS: Readonly<Record<Priority, string>> = {
  none: "None",
  low: "Low",
  medium: "Medium",
  high: "High",
};

/** Returns a priority as words that need no heading, such as "High priority". */
export const priorityWords = (priority: Priority) =>
  priority === "none" ? "No priority" : `${PRIORITY_LABELS[priority]} priority`;

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
  title: "Notes",
  minLength: 0,
  maxLength: 10_000,
  trim: false,
  description: "The notes, in Markdown. Line breaks are kept.",
  examples: ["Two paragraphs.\nOne screenshot."],
});
const priority = (rules: { default?: Priority } = {}) =>
  Choice(PRIORITIES, { title: "Priority", examples: ["high"], ...rules });
/** The most labels that a task can have, and an account. */
export const MAX_TASK_LABELS = 20;
export const MAX_LABELS = 1000;

const label = (rules: { description?: string } = {}) =>
  Text({
    title: "Label",
    minLength: 1,
    maxLength: 50,
    // Its parts are steps of an address, where an empty one, "." and ".." lead elsewhere. Text that changes the direction of
    // writing would make what follows it unreadable.
    pattern: "^(?!(?:.*/)?\\.{0,2}(?:/|$))[^,\\x00-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]*$",
    hint: "Label can't contain commas or control characters. Between slashes it needs more than dots.",
    examples: ["errand"],
    ...rules,
  });
/** Returns whether a text can be a label. */
export const isLabel = (name: string): boolean => textProblem(label() as unknown as TextSchema, name) === undefined;

const labels = (rules: { default?: string[] } = {}) =>
  t.Array(label(), {
    title: "Labels",
    minItems: 0,
    maxItems: MAX_TASK_LABELS,
    description:
      "Up to 20 words of 1 to 50 characters, without commas. Those that differ only in case or accents are the same label, which is written as it was first.",
    examples: [["errand", "home"]],
    ...rules,
  });
/** When a task is due, and when it repeats. */
const dates = {
  dueDate: PlainDate({
    title: "Due date",
    description: "Without a due time, it is a date in the time zone of whoever reads it.",
    examples: ["2026-05-05", null],
    default: null,
  }),
  dueTime: PlainTime({
    title: "Due time",
    description: "Needs a due date, and is removed with it.",
    examples: ["15:30", null],
    default: null,
  }),
  timeZone: TimeZone({
    title: "Time zone",
    description:
      "The IANA time zone of the due time. By default your own: that of your account, else of your browser, else UTC.",
    examples: ["Europe/Berlin", null],
    default: null,
  }),
  startDate: PlainDate({
    title: "Start date",
    description:
      "Hides the task from Today until then. Without a due date, it is on Today from then on. A due date before it removes it.",
    examples: [null],
    default: null,
  }),
  repeat: RepeatRule({
    title: "Repeat",
    description:
      "A rule of RFC 5545 that starts on the due date: `FREQ` (`DAILY` to `YEARLY`), `INTERVAL`, `BYDAY`, `BYMONTHDAY`, `BYMONTH`, `BYSETPOS`, `WKST`, and `COUNT` or `UNTIL`. A month without the day is skipped; `BYMONTHDAY=-1` is its last day. Completing the task moves it to its next date in the future, until the rule ends.",
    examples: ["FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", null],
    default: null,
  }),
  repeatFrom: Choice(REPEAT_FROM, {
    title: "Repeat from",
    description: "Whether the next date is counted from the due date or from the day of completion.",
    examples: ["dueDate"],
    default: "dueDate",
  }),
};
const assigneeId = (rules: { description?: string; default?: null } = {}) =>
  t.Union([Text({ title: "Assignee", minLength: 1, maxLength: 64 }), t.Null()], {
    title: "Assignee",
    description: "The id of a member of its project, or null for nobody.",
    examples: ["019aab2c-7f3e-7000-8b2a-3d5e6f708190", null],
    ...rules,
  });
/** The same without defaults. */
const datePatch = Object.fromEntries(
  Object.entries(dates).map(([name, { default: _, ...field }]) => [name, field]),
) as typeof dates;
const completed = (rules: { default?: boolean } = {}) => t.Boolean({ title: "Completed", examples: [false], ...rules });

const projectId = (description: string) =>
  Text({
    title: "Project",
    minLength: 1,
    maxLength: 64,
    description,
    examples: ["019aab2c-7f3e-7000-8b2a-3d5e6f708191"],
  });

/** The id of an item that a task can have, or null. */
const OptionalId = (title: string, description: string) =>
  t.Union([Text({ title, minLength: 1, maxLength: 64 }), t.Null()], { title, description, examples: [null] });
const place = {
  sectionId: OptionalId(
    "Section",
    "The id of its section, or null for none. A subtask has the project and section of its parent.",
  ),
  parentId: OptionalId("Parent", "The id of the task that this is a subtask of, or null for none."),
};

/** The fields of a new task, and those that `PUT` replaces. A field that is left out gets its default. */
export const TaskInput = t.Object(
  {
    title,
    description: t.Optional({ ...description, default: "" }),
    priority: t.Optional(priority({ default: "none" })),
    labels: t.Optional(labels({ default: [] })),
    dueDate: t.Optional(dates.dueDate),
    dueTime: t.Optional(dates.dueTime),
    timeZone: t.Optional(dates.timeZone),
    startDate: t.Optional(dates.startDate),
    repeat: t.Optional(dates.repeat),
    repeatFrom: t.Optional(dates.repeatFrom),
    assigneeId: t.Optional(assigneeId({ default: null })),
    completed: t.Optional(completed({ default: false })),
    projectId: t.Optional(projectId("The id of its project. A new task goes to your Inbox by default.")),
    sectionId: t.Optional(place.sectionId),
    parentId: t.Optional(place.parentId),
  },
  strict,
);
export type TaskInput = Static<typeof TaskInput>;

/** The fields that `PATCH` changes. A field that is left out stays as it is. */
export const TaskPatch = t.Partial(
  t.Object(
    {
      title,
      description,
      priority: priority(),
      labels: labels(),
      ...datePatch,
      assigneeId: assigneeId(),
      completed: completed(),
      projectId: projectId("The id of the project to move the task to."),
      ...place,
    },
    strict,
  ),
  strict,
);
export type TaskPatch = Static<typeof TaskPatch>;

/** The values that fields get which are left out. */
export const TASK_DEFAULTS = defaultsOf(TaskInput);

/** An id can be any text: one that is not a task's is not found. */
export const TaskId = t.Object({ id: t.String({ title: "Id", examples: ["019aab2c-7f3e-7000-8b2a-3d5e6f708192"] }) });

/** The most tasks that one action can change by their ids. */
export const MAX_BULK = 1000;
/** The most tasks that one action can change because they match a list. */
export const MAX_MATCHING = 10_000;
/** The most tasks that can be added at once. */
export const MAX_LINES = 200;

const beside = (title: string, description: string) =>
  Text({ title, minLength: 1, maxLength: 64, description, examples: ["019aab2c-7f3e-7000-8b2a-3d5e6f708193"] });

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
    label: t.Optional(label({ description: "Required for `addLabel` and `removeLabel`, rejected otherwise." })),
    dueDate: t.Optional(
      PlainDate({
        title: "Due date",
        description: "Required for `setDueDate`, rejected otherwise. Null for none.",
        examples: ["2026-05-05"],
      }),
    ),
    assigneeId: t.Optional(
      assigneeId({
        description:
          "A member of the projects of all these tasks. Required for `assign`, rejected otherwise. Null for nobody.",
      }),
    ),
    projectId: t.Optional(
      projectId("The project to move the tasks to. Only for `move`, which needs one of these fields."),
    ),
    sectionId: t.Optional({ ...place.sectionId, description: "The section to move the tasks to. Only for `move`." }),
    parentId: t.Optional({
      ...place.parentId,
      description: "The task to move the tasks below, as subtasks. Only for `move`.",
    }),
    before: t.Optional(beside("Before", "The task to move the tasks before, in the manual order. Only for `move`.")),
    after: t.Optional(beside("After", "The task to move the tasks after, in the manual order. Only for `move`.")),
  },
  strict,
);
export type BulkInput = Static<typeof BulkInput>;

/** An action for every task of a list. */
export const MatchingInput = t.Omit(BulkInput, ["ids"], strict);
export type MatchingInput = Static<typeof MatchingInput>;

export const TaskQuery = t.Object(
  {
    project: t.Optional(
      projectId("Only tasks of this project. By default, those of all your projects that are not archived."),
    ),
    status: t.Optional(Choice(STATUSES, { title: "Status", description: "By default `all`, and `open` with `due`." })),
    priority: t.Optional(priority()),
    label: t.Optional(label({ description: "Only tasks with this label. Case and accents are ignored." })),
    assignee: t.Optional(
      Text({
        title: "Assignee",
        minLength: 1,
        maxLength: 64,
        description: "Only tasks that are assigned to this account: its id, or `me`.",
        examples: ["me"],
      }),
    ),
    q: t.Optional(
      Text({
        title: "Search",
        minLength: 0,
        maxLength: 200,
        description: "Words that must all occur in the title or the notes. Case and accents are ignored.",
        examples: ["launch"],
      }),
    ),
    due: t.Optional(
      Choice(DUE, {
        title: "Due",
        description:
          "By date in your time zone: `overdue`, `today` (and overdue, without tasks that start later, and with those that have started and have no due date) or `upcoming` (from tomorrow on).",
      }),
    ),
    dueFrom: t.Optional(PlainDate({ title: "Due from", description: "Only tasks that are due on this day or later." })),
    dueTo: t.Optional(PlainDate({ title: "Due to", description: "Only tasks that are due on this day or earlier." })),
    sort: t.Optional(
      Choice(SORTS, {
        title: "Sort",
        description:
          "By default `manual` for the open tasks of one project, `dueDate` for a list by date, else `createdAt`. `manual` needs `project`: sections in their order, subtasks after their parent, completed tasks last. Tasks without a due date come last, too.",
      }),
    ),
    order: t.Optional(
      Choice(ORDERS, {
        title: "Order",
        description: "Titles, due dates and the manual order ascend by default; other times and priorities descend.",
      }),
    ),
    limit: t.Optional(Count({ title: "Limit", minimum: 1, maximum: 200, default: 50 })),
    cursor: t.Optional(
      Text({
        title: "Cursor",
        minLength: 1,
        maxLength: 12_000,
        description: "`nextCursor` of the previous page, with the same filter, `sort` and `order`.",
      }),
    ),
  },
  strict,
);
export type TaskQuery = Static<typeof TaskQuery>;

export const exampleTask = {
  id: "019aab2c-7f3e-7000-8b2a-3d5e6f708192",
  projectId: "019aab2c-7f3e-7000-8b2a-3d5e6f708191",
  sectionId: null,
  parentId: null,
  title: "Write the launch note",
  description: "Two paragraphs.\nOne screenshot.",
  priority: "high",
  labels: ["errand", "home"],
  dueDate: "2026-05-05",
  dueTime: "15:30",
  timeZone: "Europe/Berlin",
  startDate: null,
  repeat: "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
  repeatFrom: "dueDate",
  assigneeId: null,
  commentCount: 0,
  lastCompletedAt: null,
  completed: false,
  completedAt: null,
  createdAt: "2026-05-03T09:30:00.000Z",
  updatedAt: "2026-05-03T09:30:00.000Z",
};

export const Task = t.Object(
  {
    id: t.String({ format: "uuid" }),
    projectId: t.String({ format: "uuid", description: "Your Inbox has the id of your account." }),
    ...place,
    title: t.String(),
    description: t.String(),
    priority: Choice(PRIORITIES, { title: "Priority" }),
    labels: t.Array(t.String()),
    ...datePatch,
    assigneeId: assigneeId(),
    commentCount: Integer({ description: "How many comments it has. A comment does not change `updatedAt`." }),
    lastCompletedAt: t.Union([t.String({ format: "date-time" }), t.Null()], {
      description: "When a repeating task was completed last: it stays open, with its next due date.",
    }),
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

/** A task that an action has changed, and whether it is in the trash now. */
type Affected = VersionedTask & { readonly gone: boolean };

/** A task after an action, and the change that takes the action back; none if nothing has changed. */
export interface ChangedTask extends VersionedTask {
  readonly change: number | undefined;
  /** Other tasks that have changed with it, such as its subtasks. */
  readonly others?: readonly Affected[];
}

/** Tasks after an action, and the change that takes the action back. */
export interface ChangedTasks {
  readonly tasks: readonly Affected[];
  /** How many of them have changed. */
  readonly changed: number;
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

const exampleLabel = { name: "errand", open: 3, completed: 12 };

export const Label = t.Object(
  {
    name: t.String(),
    open: Integer({ description: "How many open tasks have it." }),
    completed: Integer({ description: "How many completed tasks have it." }),
  },
  { ...strict, examples: [exampleLabel] },
);
export type Label = Static<typeof Label>;

export const LabelList = t.Object({ items: t.Array(Label) }, { ...strict, examples: [{ items: [exampleLabel] }] });
export type LabelList = Static<typeof LabelList>;

export const LabelPatch = t.Object({ name: label({ description: "The new name." }) }, strict);
export type LabelPatch = Static<typeof LabelPatch>;

/** A name can be any text: one that is not a label's is not found. */
export const LabelName = t.Object({ name: t.String({ title: "Name", examples: ["errand"] }) });

export const BulkResult = t.Object(
  { affected: Integer({ description: "How many tasks have changed." }) },
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

/** Returns the order that people expect: the newest and the highest first, the first due, titles from A to Z. */
export const defaultOrder = (sort: Sort): Order =>
  sort === "title" || sort === "dueDate" || sort === "manual" ? "asc" : "desc";

const MAX_WORDS = 10;

/** Returns the words that must all occur in a task. More than ten would not narrow a search further. */
export const searchWords = (q: string | undefined) =>
  fold(q ?? "")
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, MAX_WORDS);

/** Returns the defaults that an object's schema states. */
function defaultsOf(
  schema: typeof TaskInput,
): Required<Omit<TaskInput, "title" | "projectId" | "sectionId" | "parentId">> {
  const entries = Object.entries(schema.properties).flatMap(([name, field]) =>
    field.default === undefined ? [] : [[name, field.default]],
  );
  return Object.fromEntries(entries);
}

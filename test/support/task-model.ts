/** The fields of a task that clients set, each with some values; the first is the default. Titles are in sorted order. */
export const FIELDS = {
  title: ["apple", "Éclair", "item 2", "Item 10", "zebra"],
  description: ["", "see the plan", "one\r\ntwo"],
  priority: ["none", "low", "medium", "high"],
  labels: [[], ["home"], ["urgent", "home"]],
  completed: [false, true],
} as const;

export const DEFAULTS: Values = Object.fromEntries(Object.entries(FIELDS).map(([name, [value]]) => [name, value]));

/** What the bulk actions set. */
export const BULK = {
  complete: { completed: true },
  reopen: { completed: false },
  delete: { deletedAt: "now" },
  setPriority: { priority: "high" },
} as const satisfies Record<string, Values>;

export type Values = Readonly<Record<string, string | boolean | readonly string[] | null>>;
/** The id of task 3 is `t3`. A time is the number of a step; requests and responses have `@5` for step 5. */
export interface Task {
  readonly number: number;
  readonly id: string;
  values: Values;
  version: number;
  readonly createdAt: number;
  updatedAt: number;
}

/** A change as the API shows it. `actionId` and `undoes` are ids of the first change of an action. */
interface Change {
  readonly id: string;
  readonly entityId: string;
  readonly actorId: "me";
  readonly verb: string;
  readonly before: Values | null;
  readonly after: Values;
  readonly actionId: string;
  readonly undoes: string | null;
}

export const SORTS = {
  createdAt: ({ createdAt }: Task) => createdAt,
  updatedAt: ({ updatedAt }: Task) => updatedAt,
  title: ({ values }: Task) => FIELDS.title.indexOf(values.title as "apple"),
  priority: ({ values }: Task) => ["none", "low", "medium", "high"].indexOf(String(values.priority)),
};

/** Where a page of a list ended. */
export interface Position {
  readonly query: {
    readonly status: "open" | "completed" | "all" | undefined;
    readonly priority: string | undefined;
    readonly q: string | undefined;
    readonly sort: keyof typeof SORTS | undefined;
    readonly order: "asc" | "desc" | undefined;
    readonly limit: number;
  };
  readonly after: readonly [key: number, task: number];
}

const plain = (text: unknown) => String(text).normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const fieldsOf = (values: Values) => Object.keys(values);

/** What one account's tasks and change log must be, in as few words as possible. */
export class TaskModel {
  readonly tasks: Task[] = [];
  readonly changes: Change[] = [];
  step = 0;

  /** Returns a task as the API shows it. */
  static show({ id, values: { deletedAt: _, ...values }, createdAt, updatedAt }: Task) {
    return { id, ...values, createdAt: `@${createdAt}`, updatedAt: `@${updatedAt}` };
  }

  /** Creates a task. @returns it, and the id of the change */
  create(input: Values): [Task, string] {
    const values = this.#patched({ ...DEFAULTS, completedAt: null, deletedAt: null }, input);
    const number = this.tasks.length;
    const task = { number, id: `t${number}`, values, version: 1, createdAt: this.step, updatedAt: this.step };
    this.tasks.push(task);
    return [task, this.#record([{ entityId: task.id, verb: "create", before: null, after: values }])];
  }

  /** Changes tasks as one action. @returns the id of its first change, or null if nothing has changed */
  revise(patches: readonly (readonly [Task, Values])[], undoes: string | null = null): string | null {
    const entries = patches.flatMap(([task, patch]) => {
      const [before, after] = [task.values, this.#patched(task.values, patch)];
      const touched = fieldsOf(after).filter((field) => before[field] !== after[field]);
      if (touched.length === 0) return [];
      Object.assign(task, { values: after, version: task.version + 1, updatedAt: this.step });
      const some = (values: Values) => Object.fromEntries(touched.map((field) => [field, values[field] ?? null]));
      return [{ entityId: task.id, verb: verbOf(touched, after), before: some(before), after: some(after) }];
    });
    return entries.length > 0 ? this.#record(entries, undoes) : null;
  }

  /**
   * Returns what is left of a patch of the version before the current one: fields that it leaves as they were stay as they
   * are. Undefined if it changes what the newest change has changed.
   */
  reconcile(task: Task, patch: Values): Values | undefined {
    const newest = this.changes.findLast(({ entityId }) => entityId === task.id);
    const [before, after] = [newest?.before, newest?.after ?? {}];
    if (!before) return undefined;
    const own = Object.entries(patch).filter(([field, value]) => !(field in after) || value !== before[field]);
    return own.some(([field, value]) => field in after && value !== task.values[field])
      ? undefined
      : Object.fromEntries(own);
  }

  /** Undoes the action of a change. @returns the response */
  undo(number: number): { status: number; change: string | null; body?: { affected: number } } {
    const action = this.changes.filter(({ actionId }) => actionId === this.changes[number]?.actionId);
    const last = action.at(-1);
    if (!last) return { status: 404, change: null };
    const newer = this.changes.slice(this.changes.indexOf(last) + 1);
    const isNewer = (id: string | null) => newer.some(({ actionId }) => actionId === id);
    const inForce = newer.filter(({ actionId, undoes }) => !this.#isUndone(actionId) && !isNewer(undoes));
    const isBlocked = ({ entityId, before, after }: Change) =>
      (this.#task(entityId).values.deletedAt !== null && !after.deletedAt) ||
      inForce.some(
        (each) => each.entityId === entityId && fieldsOf(before ?? after).some((field) => field in each.after),
      );
    if (this.#isUndone(last.actionId) || action.some(isBlocked)) return { status: 409, change: null };
    const patches = action.map(
      ({ entityId, before }) => [this.#task(entityId), before ?? { deletedAt: "now" }] as const,
    );
    return { status: 200, change: this.revise(patches, last.actionId), body: { affected: action.length } };
  }

  /** Returns the number of the newest change that is neither undone nor an undo: what Ctrl+Z takes back next. */
  newestInForce(): number {
    return this.changes.findLastIndex(({ actionId, undoes }) => undoes === null && !this.#isUndone(actionId));
  }

  /** Returns a page of a list. */
  list(query: Position["query"], after?: Position["after"]) {
    const { status = "all", priority, q = "", sort = "createdAt", limit } = query;
    const sign = (query.order ?? (sort === "title" ? "asc" : "desc")) === "asc" ? 1 : -1;
    const position = (task: Task) => [SORTS[sort](task), task.number] as const;
    const compare = (a: Position["after"], b: Position["after"]) => sign * (a[0] - b[0] || a[1] - b[1]);
    const matching = this.tasks
      .filter(({ values }) => values.deletedAt === null && (priority ?? values.priority) === values.priority)
      .filter(({ values }) =>
        plain(q)
          .split(" ")
          .every((word) => plain(values.title).includes(word) || plain(values.description).includes(word)),
      );
    const count = (completed: boolean) => matching.filter(({ values }) => values.completed === completed).length;
    const rows = matching
      .filter(({ values }) => status === "all" || values.completed === (status === "completed"))
      .filter((task) => after === undefined || compare(position(task), after) > 0)
      .sort((a, b) => compare(position(a), position(b)));
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const next: Position | undefined = last && { query, after: position(last) };
    return { items: rows.slice(0, limit), totals: { open: count(false), completed: count(true) }, next };
  }

  /** Returns the trash, the last deleted first. */
  trash(): Task[] {
    const time = ({ values }: Task) => Number(String(values.deletedAt).slice(1));
    const deleted = this.tasks.filter(({ values }) => values.deletedAt !== null);
    return deleted.sort((a, b) => time(b) - time(a) || b.number - a.number);
  }

  #task = (id: string) => this.tasks.find((task) => task.id === id) as Task;

  #record(entries: Pick<Change, "entityId" | "verb" | "before" | "after">[], undoes: string | null = null): string {
    const [actionId, first] = [`c${this.changes.length}`, this.changes.length];
    const ids = (index: number) => ({ id: `c${first + index}`, actorId: "me", actionId, undoes }) as const;
    this.changes.push(...entries.map((entry, index) => ({ ...entry, ...ids(index) })));
    return actionId;
  }

  /** Returns whether an undo of an action is in force: one that was not undone itself. */
  #isUndone(id: string): boolean {
    return this.changes.some(({ actionId, undoes }) => undoes === id && !this.#isUndone(actionId));
  }

  #patched(values: Values, patch: Values): Values {
    const now = `@${this.step}`;
    const completedAt = (patch.completed ?? values.completed) ? (values.completedAt ?? now) : null;
    return { ...values, completedAt, ...patch, ...(patch.deletedAt && { deletedAt: now }) };
  }
}

function verbOf(touched: readonly string[], after: Values): string {
  if (touched.includes("deletedAt")) return after.deletedAt === null ? "restore" : "delete";
  if (touched.some((field) => !field.startsWith("completed"))) return "update";
  return after.completed ? "complete" : "reopen";
}

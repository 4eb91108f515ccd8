import type { Dataset } from "./dataset.ts";

/** What the floor and the peer share: the queries, on one connection as durable as TaskFlow's, and the page. */

export type Row = Record<string, string | number | boolean | null | string[]>;
type Value = string | number | null;

/** What bun:sqlite and better-sqlite3 have in common. */
interface Sqlite {
  exec(sql: string): unknown;
  prepare(sql: string): { all(...values: Value[]): unknown[]; get(...values: Value[]): unknown };
}

const SORTS: Record<string, string> = {
  createdAt: "id",
  updatedAt: "updated_at",
  title: "title_sort",
  dueDate: "due_key",
};
const STATUSES: Record<string, string> = { open: "null", completed: "not null" };

export function openStore(db: Sqlite, { example, planner }: Dataset, createId: () => string) {
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536");
  const template = db.prepare("select * from tasks limit 1").get() as Record<string, Value>;
  const columns = Object.keys(template);
  const { scope } = db.prepare("select name as scope from pragma_table_info('tasks') where pk = 1").get() as Row;
  const fields = Object.keys(example);
  const booleans = fields.filter((field) => typeof example[field] === "boolean");
  const lists = fields.filter((field) => Array.isArray(example[field]));
  const times = fields.filter((field) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(`${example[field]}`));
  const selection = fields.map((field) => {
    const column = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const derived = field === "completed" ? "completed_at is not null" : "null";
    return `${columns.includes(column) ? column : derived} as "${field}"`;
  });
  function toTask(row: unknown): Row {
    const task = row as Row;
    for (const name of booleans) task[name] = task[name] === 1;
    for (const name of lists) task[name] = JSON.parse(`${task[name]}`);
    for (const name of times) if (task[name] !== null) task[name] = new Date(task[name] as number).toISOString();
    return task;
  }

  const statements = new Map<string, ReturnType<Sqlite["prepare"]>>();
  function prepared(sql: string) {
    const statement = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }
  const insert = `insert into tasks (${columns}) values (${columns.map(() => "?")}) returning ${selection}`;
  const one = `where ${scope} = ? and id = ? and deleted_at is null`;

  return {
    list(account: string, query: Record<string, string | undefined>) {
      const today = query.due && new Date().toISOString().slice(0, 10);
      const { sort = today ? "dueDate" : "createdAt", limit = "50", status = today ? "open" : "" } = query;
      const { order = sort === "title" || today ? "asc" : "desc" } = query;
      const words = (query.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
      const search = " and (title_key like ? or description_key like ?)".repeat(words.length);
      const filter = STATUSES[status] ? `and completed_at is ${STATUSES[status]}` : "";
      const scopes = today ? planner.projects : [query.project ?? account];
      const due = today ? "and due_date <= ?" : "";
      const matching = `from tasks where ${scope} in (${scopes.map(() => "?")}) and deleted_at is null ${due} ${search}`;
      const values = [...scopes, ...(today ? [today] : []), ...words.flatMap((word) => [`%${word}%`, `%${word}%`])];
      const ordered = `${filter} order by ${SORTS[sort]} ${order}, id ${order} limit ?`;
      const rows = prepared(`select ${selection} ${matching} ${ordered}`).all(...values, Number(limit) + 1);
      const counted =
        search || due
          ? `select count(*) as total, count(completed_at) as completed ${matching}`
          : `select sum(open + completed) as total, sum(completed) as completed from task_counts where ${scope} = ?`;
      const counts = prepared(counted).get(...values);
      const { total, completed } = counts as { total: number; completed: number };
      const items = rows.slice(0, Number(limit)).map(toTask);
      const last = rows.length > items.length ? items.at(-1) : undefined;
      const cursor = last && Buffer.from(JSON.stringify([sort, order, last[sort], last.id])).toString("base64url");
      return { items, nextCursor: cursor ?? null, totals: { open: total - completed, completed } };
    },
    one: (account: string, id: string) => toTask(prepared(`select ${selection} from tasks ${one}`).get(account, id)),
    create(account: string, { title, description }: { title: string; description: string }) {
      const [title_key, description_key] = [title.toLowerCase(), description.toLowerCase()];
      const text = { id: createId(), title, title_key, title_sort: title_key, description, description_key };
      const times = { created_at: Date.now(), updated_at: Date.now(), completed_at: null };
      const row: Record<string, Value> = { ...template, [`${scope}`]: account, ...text, ...times };
      prepared(`update task_counts set open = open + 1 where ${scope} = ? and priority = 'none'`).get(account);
      return toTask(prepared(insert).get(...columns.map((name) => row[name] as Value)));
    },
  };
}

/** Renders TaskFlow's list page by concatenation. */
export function renderPage(items: readonly Row[], { head, literals, names, tail }: Dataset["page"]): string {
  let html = head;
  for (const item of items) {
    html += literals[0];
    for (let index = 0; index < names.length; index++)
      html += `${item[names[index] as string]}`.replace(/[&<>"]/g, escapeCharacter) + literals[index + 1];
  }
  return html + tail;
}

const escapeCharacter = (character: string) => `&#${character.charCodeAt(0)};`;

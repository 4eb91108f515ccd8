import { Database, type Statement } from "bun:sqlite";
import type { Task, TaskPage } from "../../src/features/tasks/model.ts";

type Value = string | number | null;
interface Row extends Omit<Task, "completed" | "completedAt" | "createdAt" | "updatedAt"> {
  completed_at: number | null;
  created_at: number;
  updated_at: number;
}

const COLUMNS = "id, title, description, priority, completed_at, created_at, updated_at";
const SORTS: Record<string, string> = {
  createdAt: "created_at",
  updatedAt: "updated_at",
  title: "title_key",
  priority: "case priority when 'high' then 3 when 'medium' then 2 else 1 end",
};
const STANDING: Record<string, string> = {
  open: " and completed_at is null",
  completed: " and completed_at is not null",
};
const RANK = { low: 1, medium: 2, high: 3 } as const;

/** The queries that an answer can't do without, prepared once, on one connection as durable as TaskFlow's. */
export function openData(file: string) {
  const db = new Database(file);
  for (const pragma of ["journal_mode = WAL", "synchronous = FULL", "cache_size = -65536", "mmap_size = 0"])
    db.run(`PRAGMA ${pragma}`);
  const kept = new Map<string, Statement>();
  function prepared(text: string): Statement {
    const statement = kept.get(text) ?? db.prepare(text);
    kept.set(text, statement);
    return statement;
  }

  return {
    list(ownerId: string, query: URLSearchParams, standing = "all"): TaskPage {
      const sort = query.get("sort") ?? "createdAt";
      const order = query.get("order") ?? (sort === "title" ? "asc" : "desc");
      const limit = Number(query.get("limit") ?? 50);
      const words = (query.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
      const matching = `owner_id = ? and deleted_at is null${" and (title_key like ? or description_key like ?)".repeat(words.length)}`;
      const values: Value[] = [ownerId, ...words.flatMap((word) => [`%${word}%`, `%${word}%`])];
      const status = STANDING[query.get("status") ?? standing] ?? "";
      const rows = prepared(
        `select ${COLUMNS} from tasks where ${matching}${status} order by ${SORTS[sort]} ${order}, id ${order} limit ?`,
      ).all(...values, limit + 1) as Row[];
      const totals = prepared(
        `select count(*) as "all", count(completed_at) as completed from tasks where ${matching}`,
      ).get(...values) as { all: number; completed: number };
      const items = rows.slice(0, limit).map(taskOf);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return {
        items,
        nextCursor: last ? cursor(last, sort, order) : null,
        totals: { open: totals.all - totals.completed, completed: totals.completed },
      };
    },
    one(ownerId: string, id: string): Task | undefined {
      const row = prepared(`select ${COLUMNS} from tasks where owner_id = ? and id = ? and deleted_at is null`).get(
        ownerId,
        id,
      ) as Row | null;
      return row ? taskOf(row) : undefined;
    },
    create(ownerId: string, { title, description = "", priority = "medium" }: Partial<Task> & { title: string }): Task {
      const now = Date.now();
      const row = prepared(
        `insert into tasks (owner_id, id, title, title_key, description, description_key, priority, version, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?, 1, ?, ?) returning ${COLUMNS}`,
      ).get(
        ownerId,
        Bun.randomUUIDv7(),
        title,
        title.toLowerCase(),
        description,
        description.toLowerCase(),
        priority,
        now,
        now,
      ) as Row;
      return taskOf(row);
    },
    toggle(ownerId: string, id: string, completed: boolean): Task | undefined {
      const now = Date.now();
      const row = prepared(
        `update tasks set completed_at = ?, updated_at = ?, version = version + 1 where owner_id = ? and id = ? and deleted_at is null returning ${COLUMNS}`,
      ).get(completed ? now : null, now, ownerId, id) as Row | null;
      return row ? taskOf(row) : undefined;
    },
    passwordHash(username: string): string {
      const row = prepared("select password_hash from users where username_key = ?").get(username.toLowerCase());
      return (row as { password_hash: string } | null)?.password_hash ?? "";
    },
  };
}

function taskOf(row: Row): Task {
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    priority: row.priority,
    completed: row.completed_at !== null,
    completedAt: row.completed_at === null ? null : new Date(row.completed_at).toISOString(),
    createdAt: new Date(row.created_at).toISOString(),
    updatedAt: new Date(row.updated_at).toISOString(),
  };
}

function cursor(row: Row, sort: string, order: string): string {
  const positions: Record<string, Value> = {
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    title: row.title.toLowerCase(),
    priority: RANK[row.priority],
  };
  return Buffer.from(JSON.stringify([sort, order, positions[sort], row.id])).toString("base64url");
}

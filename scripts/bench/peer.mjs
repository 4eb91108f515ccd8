/**
 * The peer: the same service as one would usually write it for Node. Fastify with schemas, better-sqlite3 with
 * prepared statements, signed tokens, pages by Eta. Copied beside its packages (.bench/peer) before it runs.
 */

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import cookie from "@fastify/cookie";
import jwt from "@fastify/jwt";
import files from "@fastify/static";
import bcrypt from "bcrypt";
import Sqlite from "better-sqlite3";
import { Eta } from "eta";
import Fastify from "fastify";

const surroundings = JSON.parse(readFileSync(process.env.SURROUNDINGS, "utf8"));
const db = new Sqlite(join(process.env.DATA_DIR, "taskflow.db"));
for (const pragma of ["journal_mode = WAL", "synchronous = FULL", "cache_size = -65536", "mmap_size = 0"])
  db.pragma(pragma);

const COLUMNS = "id, title, description, priority, completed_at, created_at, updated_at";
const SORTS = {
  createdAt: "created_at",
  updatedAt: "updated_at",
  title: "title_key",
  priority: "case priority when 'high' then 3 when 'medium' then 2 else 1 end",
};
const STANDING = { open: " and completed_at is null", completed: " and completed_at is not null", all: "" };
const RANK = { low: 1, medium: 2, high: 3 };

const kept = new Map();
function prepared(text) {
  if (!kept.has(text)) kept.set(text, db.prepare(text));
  return kept.get(text);
}

const taskOf = (row) => ({
  id: row.id,
  title: row.title,
  description: row.description,
  priority: row.priority,
  completed: row.completed_at !== null,
  completedAt: row.completed_at === null ? null : new Date(row.completed_at).toISOString(),
  createdAt: new Date(row.created_at).toISOString(),
  updatedAt: new Date(row.updated_at).toISOString(),
});

function list(ownerId, { q = "", sort = "createdAt", order = sort === "title" ? "asc" : "desc", limit = 50, status }) {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = `owner_id = ? and deleted_at is null${" and (title_key like ? or description_key like ?)".repeat(words.length)}`;
  const values = [ownerId, ...words.flatMap((word) => [`%${word}%`, `%${word}%`])];
  const rows = prepared(
    `select ${COLUMNS} from tasks where ${matching}${STANDING[status]} order by ${SORTS[sort]} ${order}, id ${order} limit ?`,
  ).all(...values, limit + 1);
  const { all, completed } = prepared(
    `select count(*) as "all", count(completed_at) as completed from tasks where ${matching}`,
  ).get(...values);
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    items: rows.slice(0, limit).map(taskOf),
    nextCursor: last ? cursor(last, sort, order) : null,
    totals: { open: all - completed, completed },
  };
}

function cursor(row, sort, order) {
  const positions = {
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    title: row.title.toLowerCase(),
    priority: RANK[row.priority],
  };
  return Buffer.from(JSON.stringify([sort, order, positions[sort], row.id])).toString("base64url");
}

const text = { type: "string" };
const time = { type: ["string", "null"] };
const task = {
  type: "object",
  properties: {
    id: text,
    title: text,
    description: text,
    priority: text,
    completed: { type: "boolean" },
    completedAt: time,
    createdAt: text,
    updatedAt: text,
  },
};
const taskPage = {
  type: "object",
  properties: {
    items: { type: "array", items: task },
    nextCursor: time,
    totals: { type: "object", properties: { open: { type: "integer" }, completed: { type: "integer" } } },
  },
};
const query = {
  type: "object",
  properties: {
    q: { type: "string", maxLength: 200 },
    sort: { enum: Object.keys(SORTS) },
    order: { enum: ["asc", "desc"] },
    status: { enum: Object.keys(STANDING) },
    limit: { type: "integer", minimum: 1, maximum: 200, default: 50 },
  },
};
const input = {
  type: "object",
  required: ["title"],
  properties: {
    title: { type: "string", minLength: 1, maxLength: 200 },
    description: { type: "string", maxLength: 10_000, default: "" },
    priority: { enum: Object.keys(RANK), default: "medium" },
  },
};
const patch = { type: "object", required: ["completed"], properties: { completed: { type: "boolean" } } };
const credentials = {
  type: "object",
  required: ["username", "password"],
  properties: { username: text, password: text },
};

const eta = new Eta();
const icon = (name) =>
  `<svg class="icon" aria-hidden="true" width="16" height="16"><use href="<%= it.icons %>#${name}"></use></svg>`;
const PRIORITY_NAMES = { high: "High priority", low: "Low priority" };
eta.loadTemplate(
  "@page",
  `<%~ it.head %><% for (const task of it.items) { %><li class="task" id="task-<%= task.id %>" data-priority="<%= task.priority %>"><form class="task-tick" method="post" action="/tasks/<%= task.id %>/completion" hx-post="/tasks/<%= task.id %>/completion" hx-swap="none"><input type="hidden" name="completed" value="true"/><button class="tick" type="submit" aria-label="Complete: <%= task.title %>"><span class="tick-circle">${icon("check")}</span></button></form><a class="task-link" href="/tasks/<%= task.id %>" hx-get="/tasks/<%= task.id %>" hx-target="#panel" hx-select="#panel" hx-swap="outerHTML" hx-push-url="true"><span class="task-title" dir="auto"><%= task.title %></span><span class="task-meta"><% if (it.names[task.priority]) { %><span class="task-priority"><%= it.names[task.priority] %></span><% } %><% if (task.description) { %><span class="task-summary" dir="auto"><%= task.description.slice(0, 140) %></span><% } %></span></a><form class="task-delete" method="post" action="/tasks/<%= task.id %>/deletion" hx-post="/tasks/<%= task.id %>/deletion" hx-swap="none"><button class="icon-button" type="submit" aria-label="Delete: <%= task.title %>" title="Delete">${icon("trash")}</button></form><label class="task-select"><span class="visually-hidden">Select: <%= task.title %></span><input class="form-check-input" type="checkbox" name="ids" value="<%= task.id %>" form="bulk"/></label></li><% } %><%~ it.tail %>`,
);

const app = Fastify({ logger: false });
const streams = new Map();
function tell(ownerId) {
  for (const stream of streams.get(ownerId) ?? []) stream.write("event: tasks\ndata: {}\n\n");
}

await app.register(cookie);
await app.register(jwt, { secret: surroundings.secret, cookie: { cookieName: "taskflow" } });
await app.register(files, { root: surroundings.asset.folder, prefix: "/static/", maxAge: "365d", immutable: true });

const signedIn = { onRequest: (request) => request.jwtVerify() };
const notFound = (reply) => reply.code(404).send({ message: "There is no such task." });

app.get("/api/tasks", { ...signedIn, schema: { querystring: query, response: { 200: taskPage } } }, async (request) =>
  list(request.user.sub, { status: "all", ...request.query }),
);
app.get("/api/tasks/:id", { ...signedIn, schema: { response: { 200: task } } }, async (request, reply) => {
  const row = prepared(`select ${COLUMNS} from tasks where owner_id = ? and id = ? and deleted_at is null`).get(
    request.user.sub,
    request.params.id,
  );
  return row ? taskOf(row) : notFound(reply);
});
app.post("/api/tasks", { ...signedIn, schema: { body: input, response: { 201: task } } }, async (request, reply) => {
  const { title, description, priority } = request.body;
  const now = Date.now();
  const row = prepared(
    `insert into tasks (owner_id, id, title, title_key, description, description_key, priority, version, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?, 1, ?, ?) returning ${COLUMNS}`,
  ).get(
    request.user.sub,
    randomUUID(),
    title,
    title.toLowerCase(),
    description,
    description.toLowerCase(),
    priority,
    now,
    now,
  );
  tell(request.user.sub);
  reply.code(201);
  return taskOf(row);
});
app.patch(
  "/api/tasks/:id",
  { ...signedIn, schema: { body: patch, response: { 200: task } } },
  async (request, reply) => {
    const now = Date.now();
    const row = prepared(
      `update tasks set completed_at = ?, updated_at = ?, version = version + 1 where owner_id = ? and id = ? and deleted_at is null returning ${COLUMNS}`,
    ).get(request.body.completed ? now : null, now, request.user.sub, request.params.id);
    tell(request.user.sub);
    return row ? taskOf(row) : notFound(reply);
  },
);
app.get("/tasks", signedIn, async (request, reply) => {
  const { items } = list(request.user.sub, { status: "open", ...request.query });
  reply.type("text/html; charset=utf-8");
  return eta.render("@page", { ...surroundings.page, names: PRIORITY_NAMES, items });
});
app.post("/api/login", { schema: { body: credentials } }, async (request, reply) => {
  const { username, password } = request.body;
  const user = prepared("select id, password_hash from users where username_key = ?").get(username.toLowerCase());
  if (!user || !(await bcrypt.compare(password, user.password_hash))) return reply.code(401).send({});
  return { accessToken: app.jwt.sign({ sub: user.id }, { expiresIn: "7d" }), tokenType: "Bearer" };
});
app.get("/api/events", signedIn, (request, reply) => {
  const mine = streams.get(request.user.sub) ?? new Set();
  streams.set(request.user.sub, mine.add(reply.raw));
  reply.hijack();
  reply.raw.writeHead(200, { "content-type": "text/event-stream" });
  reply.raw.write(": open\n\n");
  reply.raw.on("close", () => mine.delete(reply.raw));
});

await app.listen({ host: "127.0.0.1", port: 0 });
console.log(`The peer is running at http://127.0.0.1:${app.server.address().port}`);
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));

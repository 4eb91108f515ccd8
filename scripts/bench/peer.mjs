/**
 * The peer: the same service as commonly written for Node. Fastify with schemas and signed tokens, better-sqlite3 with
 * prepared statements. Bundled into the folder of its packages before it runs.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import jwt from "@fastify/jwt";
import Sqlite from "better-sqlite3";
import Fastify from "fastify";
import { openStore, renderPage } from "./store.ts";

const dataset = JSON.parse(readFileSync(process.env.DATASET, "utf8"));
const scopes = new Map([...dataset.writers, ...dataset.readers].map(({ token, scope }) => [token, scope]));
const store = openStore(new Sqlite(join(process.env.DATA_DIR, "taskflow.db")), dataset, randomUUID);

const object = (properties, required = []) => ({ type: "object", properties, required });
const words = { type: "array", items: { type: "string" } };
const optional = ([name, value]) => [name, Array.isArray(value) ? words : { type: [typeof value, "null"] }];
const task = object(Object.fromEntries(Object.entries(dataset.example).map(optional)));
const totals = object({ open: { type: "integer" }, completed: { type: "integer" } });
const list = object({ items: { type: "array", items: task }, nextCursor: { type: ["string", "null"] }, totals });
const text = (maxLength) => ({ type: "string", maxLength });
const query = object({ q: text(200), sort: text(9), order: text(4), status: text(9), limit: text(3) });
const input = object({ title: { ...text(200), minLength: 1 }, description: text(10_000) }, ["title", "description"]);

const app = Fastify({ logger: false });
await app.register(jwt, { secret: dataset.secret });
app.decorateRequest("scope", "");

async function onRequest(request) {
  await request.jwtVerify();
  request.scope = scopes.get(request.headers.authorization.slice(7));
}
const route = (schema) => ({ onRequest, schema });

const listRoute = route({ querystring: query, response: { 200: list } });
app.get("/api/tasks", listRoute, async ({ scope, query }) => store.list(scope, query));
app.get("/api/tasks/:id", route({ response: { 200: task } }), async ({ scope, params }) => store.one(scope, params.id));
app.post("/api/tasks", route({ body: input, response: { 201: task } }), async ({ scope, body }, reply) => {
  reply.code(201);
  return store.create(scope, body);
});
app.get("/tasks", route({ querystring: query }), async ({ scope, query }, reply) => {
  reply.type("text/html; charset=utf-8");
  return renderPage(store.list(scope, { status: "open", ...query }).items, dataset.page);
});
await app.listen({ host: "127.0.0.1", port: 0 });
console.log(`The peer is running at http://127.0.0.1:${app.server.address().port}`);
process.on("SIGTERM", () => process.exit(0));

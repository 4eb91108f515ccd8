/**
 * The floor: what Bun and SQLite cost by themselves, answering the same bytes. No framework, no checks, no headers;
 * who asks is looked up in a map; each write is a commit of its own, into an ordinary table.
 */
import { join } from "node:path";
import { openData } from "./floor-data.ts";
import { page } from "./floor-page.ts";
import type { Surroundings } from "./surroundings.ts";

const surroundings: Surroundings = await Bun.file(process.env.SURROUNDINGS ?? "").json();
const owners = new Map(surroundings.tokens.map(({ token, ownerId }) => [token, ownerId]));
const data = openData(join(process.env.DATA_DIR ?? "", "taskflow.db"));
const streams = new Map<string, Set<ReadableStreamDefaultController<string>>>();

const ownerOf = (request: Request) => owners.get((request.headers.get("authorization") ?? "").slice(7)) ?? "";
const queryOf = ({ url }: Request) => new URL(url).searchParams;
const json = (value: unknown, status = 200) =>
  value === undefined ? new Response(null, { status: 404 }) : Response.json(value, { status });

function tell(ownerId: string) {
  for (const stream of streams.get(ownerId) ?? []) stream.enqueue("event: tasks\ndata: {}\n\n");
}

function follow(request: Request): Response {
  const ownerId = ownerOf(request);
  const mine = streams.get(ownerId) ?? new Set();
  streams.set(ownerId, mine);
  let here: ReadableStreamDefaultController<string>;
  const body = new ReadableStream<string>({
    start(controller) {
      here = controller;
      mine.add(here);
      here.enqueue(": open\n\n");
    },
    cancel: () => void mine.delete(here),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

const file = await Bun.file(join(surroundings.asset.folder, surroundings.asset.name)).bytes();

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  development: false,
  idleTimeout: 0,
  routes: {
    "/api/tasks": {
      GET: (request) => json(data.list(ownerOf(request), queryOf(request))),
      async POST(request) {
        const ownerId = ownerOf(request);
        const task = data.create(ownerId, await request.json());
        tell(ownerId);
        return json(task, 201);
      },
    },
    "/api/tasks/:id": {
      GET: (request) => json(data.one(ownerOf(request), request.params.id)),
      async PATCH(request) {
        const ownerId = ownerOf(request);
        const { completed } = (await request.json()) as { completed: boolean };
        const task = data.toggle(ownerId, request.params.id, completed);
        tell(ownerId);
        return json(task);
      },
    },
    "/tasks": (request) => {
      const ownerId = owners.get((request.headers.get("cookie") ?? "").replace(/^.*\btaskflow=/, "")) ?? "";
      const { items } = data.list(ownerId, queryOf(request), "open");
      return new Response(page(items, surroundings.page), { headers: { "content-type": "text/html; charset=utf-8" } });
    },
    "/api/login": async (request) => {
      const { username, password } = (await request.json()) as { username: string; password: string };
      const known = await Bun.password.verify(password, data.passwordHash(username));
      return known ? json({ accessToken: crypto.randomUUID(), tokenType: "Bearer" }) : json({}, 401);
    },
    "/api/events": follow,
    "/static/:file": () => new Response(file, { headers: { "content-type": "text/css; charset=utf-8" } }),
  },
});

console.log(`The floor is running at http://127.0.0.1:${server.port}`);

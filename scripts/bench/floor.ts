/**
 * The floor: what Bun and SQLite cost by themselves. TaskFlow's responses from bare `Bun.serve` and prepared statements
 * over an ordinary table, without framework, validation or security headers. Each write is a commit of its own.
 */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { Dataset } from "./dataset.ts";
import { openStore, renderPage } from "./store.ts";

const dataset: Dataset = await Bun.file(process.env.DATASET ?? "").json();
const scopes = new Map([...dataset.writers, ...dataset.readers].map(({ token, scope }) => [token, scope]));
const store = openStore(new Database(join(process.env.DATA_DIR ?? "", "taskflow.db")), dataset, () =>
  Bun.randomUUIDv7(),
);

const scopeOf = (request: Request) => scopes.get((request.headers.get("authorization") ?? "").slice(7)) ?? "";
const queryOf = ({ url }: Request) => Object.fromEntries(new URL(url).searchParams);

const server = Bun.serve({
  ...{ hostname: "127.0.0.1", port: 0, development: false, idleTimeout: 0 },
  routes: {
    "/api/tasks": {
      GET: (request) => Response.json(store.list(scopeOf(request), queryOf(request))),
      async POST(request) {
        const body = (await request.json()) as { title: string; description: string };
        return Response.json(store.create(scopeOf(request), body), { status: 201 });
      },
    },
    "/api/tasks/:id": (request) => Response.json(store.one(scopeOf(request), request.params.id)),
    "/tasks": (request) => {
      const html = renderPage(
        store.list(scopeOf(request), { status: "open", ...queryOf(request) }).items,
        dataset.page,
      );
      return new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
    },
  },
});

console.log(`The floor is running at http://127.0.0.1:${server.port}`);

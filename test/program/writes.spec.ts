import { Database as Sqlite } from "bun:sqlite";
import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { count, eq, getTableColumns } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { databasePlace } from "../../src/config.ts";
import type { Database } from "../../src/db/database.ts";
import { openPlace } from "../../src/db/open.ts";
import { users } from "../../src/db/schema/index.ts";
import { signUp } from "../support/client.ts";
import { dataFolder } from "../support/data-folder.ts";
import { databaseUrl, noFile, startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

/** Opens a separate database, as the services use it. */
async function openDatabase(): Promise<Database & AsyncDisposable> {
  const folder = dataFolder();
  const place = databasePlace(await databaseUrl(folder.path));
  if (typeof place === "string") throw new Error(place);
  const db = await openPlace(place);
  return Object.assign(db, {
    async [Symbol.asyncDispose]() {
      await db.close();
      folder[Symbol.dispose]();
    },
  });
}

const person = (id: string) => {
  const now = new Date();
  const names = { username: id, usernameKey: id, email: id, emailKey: id };
  return { id, ...names, passwordHash: "", createdAt: now, updatedAt: now };
};

async function ids({ read, schema }: Database): Promise<string[]> {
  const rows = await read.select({ id: schema.users.id }).from(schema.users);
  return rows.map(({ id }) => id).sort();
}

/** Lets other units run, as if this one waited for something. */
const nextTurn = () => new Promise(setImmediate);

describe("a unit of work", () => {
  it("leaves no trace when it throws or rejects, immediately or later", async () => {
    await using db = await openDatabase();
    const failure = new Error("deliberate");
    const insert = (id: string) => async (tx: Parameters<Parameters<Database["write"]>[0]>[0]) => {
      await tx.insert(db.schema.users).values(person(id));
      await nextTurn();
      await tx.insert(db.schema.users).values(person(`${id}, second`));
      await nextTurn();
      throw failure;
    };
    const throwing = () => {
      throw failure;
    };
    const outcomes = await Promise.allSettled([
      db.write(insert("one")),
      db.write(async (tx) => void (await tx.insert(db.schema.users).values(person("kept")))),
      db.write(throwing),
      db.write(insert("two")),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected", "rejected"]);
    for (const outcome of outcomes) if (outcome.status === "rejected") expect(outcome.reason).toBe(failure);
    expect(await ids(db)).toEqual(["kept"]);
  });

  it("sees its own changes, which are invisible outside until it has finished", async () => {
    await using db = await openDatabase();
    const seen = await db.write(async (tx) => {
      await tx.insert(db.schema.users).values(person("new"));
      const [inside] = await tx.select({ rows: count() }).from(db.schema.users);
      return { inside: inside?.rows, outside: await ids(db) };
    });
    expect(seen).toEqual({ inside: 1, outside: [] });
    expect(await ids(db)).toEqual(["new"]);
  });

  it("is not interleaved with others: what it has read is still current when it writes", async () => {
    await using db = await openDatabase();
    await db.write(async (tx) => void (await tx.insert(db.schema.users).values({ ...person("counter"), email: "0" })));
    const one = eq(db.schema.users.id, "counter");
    await Promise.all(
      Array.from({ length: 30 }, () =>
        db.write(async (tx) => {
          const [row] = await tx.select().from(db.schema.users).where(one);
          await nextTurn();
          await tx
            .update(db.schema.users)
            .set({ email: String(Number(row?.email) + 1) })
            .where(one);
        }),
      ),
    );
    const [row] = await db.read.select().from(db.schema.users).where(one);
    expect(row?.email).toBe("30");
  });
});

describe.skipIf(noFile)("Drizzle's transaction", () => {
  // When this fails, db.write can become simpler.
  it("does not roll back an async callback that throws, which is why db.write exists", async () => {
    using sqlite = new Sqlite(":memory:");
    sqlite.run(`CREATE TABLE users (${Object.values(getTableColumns(users)).map(({ name }) => name)})`);
    const attempt = drizzle(sqlite).transaction(async (tx) => {
      await tx.insert(users).values(person("half"));
      await nextTurn();
      throw new Error("deliberate");
    });
    await expect(attempt).rejects.toThrow("deliberate");
    expect(sqlite.query("SELECT id FROM users").all()).toEqual([{ id: "half" }]);
  });
});

describe("concurrent requests", () => {
  it("lose no write: 100 new tasks are all there, and 100 edits of one task are all counted", async () => {
    await using program = await startProgram();
    const ada = await signUp(program.url);
    const added = await Promise.all(
      Array.from({ length: 100 }, (_, number) => ada.send("/api/tasks", { json: { title: `Task ${number}` } })),
    );
    expect(new Set(added.map(({ status }) => status))).toEqual(new Set([201]));
    const list = (await (await ada.send("/api/tasks?limit=200")).json()) as { items: { id: string; title: string }[] };
    expect(new Set(list.items.map(({ title }) => title)).size).toBe(100);

    const path = `/api/tasks/${list.items[0]?.id}`;
    const edits = await Promise.all(
      Array.from({ length: 100 }, (_, number) =>
        ada.send(path, { method: "PATCH", json: { description: `${number}` } }),
      ),
    );
    expect(new Set(edits.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await ada.send(path)).headers.get("etag")).toBe('"101"');
  });

  it("keep edits of different fields of one task", async () => {
    await using program = await startProgram();
    const ada = await signUp(program.url);
    const { id } = (await (await ada.send("/api/tasks", { json: { title: "Shared" } })).json()) as { id: string };
    const patch = (json: object) => ada.send(`/api/tasks/${id}`, { method: "PATCH", json });
    await Promise.all([patch({ priority: "high" }), patch({ description: "words" }), patch({ completed: true })]);
    expect(await (await ada.send(`/api/tasks/${id}`)).json()).toMatchObject({
      priority: "high",
      description: "words",
      completed: true,
    });
  });
});

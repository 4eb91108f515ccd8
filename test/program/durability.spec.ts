import { expect, it, setDefaultTimeout } from "bun:test";
import { type Client, send, signUp } from "../support/client.ts";
import { dataFolder, withCopy } from "../support/data-folder.ts";
import { noFile, startProgram } from "../support/program.ts";

setDefaultTimeout(120_000);

const ROUNDS = 5;
const CLIENTS = 6;
/** How many answers a round waits for before the plug is pulled. */
const ANSWERS = 150;

it("a program that is killed while it writes has lost nothing that it answered, and did nothing twice", async () => {
  using folder = dataFolder();
  const answered = new Map<string, string>();
  const completed = new Set<string>();
  const attempted = new Set<string>();
  let person: Client | undefined;

  for (let round = 0; round < ROUNDS; round++) {
    await using program = await startProgram({ DATA_DIR: folder.path });
    person ??= await signUp(program.url);
    const headers = { authorization: `Bearer ${person.token}` };
    const goal = answered.size + ANSWERS;
    const { promise: enough, resolve } = Promise.withResolvers<void>();

    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let number = 0; ; number++) {
        const title = `round ${round}, client ${client}, task ${number}`;
        attempted.add(title);
        try {
          const created = await send(program.url, "/api/tasks", { json: { title }, headers });
          if (created.status !== 201) return resolve();
          const { id } = (await created.json()) as { id: string };
          answered.set(title, id);
          if (answered.size >= goal) resolve();
          const change = { method: "PATCH", json: { completed: true }, headers };
          if ((await send(program.url, `/api/tasks/${id}`, change)).ok) completed.add(id);
        } catch {
          return; // the plug was pulled
        }
      }
    });
    await enough;
    await program.stop("SIGKILL");
    await Promise.all(clients);
    expect(answered.size).toBeGreaterThanOrEqual(goal);
    if (noFile) continue;
    expect(withCopy(folder.path, (database) => database.query("PRAGMA integrity_check").all())).toEqual([
      { integrity_check: "ok" },
    ]);
  }

  await using program = await startProgram({ DATA_DIR: folder.path });
  const found = new Map<string, { title: string; completed: boolean }>();
  const titles: string[] = [];
  let cursor: string | null = "";
  do {
    const page = await send(program.url, `/api/tasks?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, {
      headers: { authorization: `Bearer ${person?.token}` },
    });
    expect(page.status).toBe(200);
    const { items, nextCursor } = (await page.json()) as {
      items: { id: string; title: string; completed: boolean }[];
      nextCursor: string | null;
    };
    for (const task of items) found.set(task.id, task);
    titles.push(...items.map((task) => task.title));
    cursor = nextCursor;
  } while (cursor);

  expect([...answered].filter(([title, id]) => found.get(id)?.title !== title)).toEqual([]);
  expect([...completed].filter((id) => !found.get(id)?.completed)).toEqual([]);
  expect(completed.size).toBeGreaterThan(0);
  expect(titles.length).toBe(new Set(titles).size);
  expect(titles.filter((title) => !attempted.has(title))).toEqual([]);
});

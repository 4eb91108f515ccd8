import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { newCredentials, send, signUp } from "../support/client.ts";
import { dataFolder } from "../support/data-folder.ts";
import { engine, noFile, query, startProgram, tamper } from "../support/program.ts";
import type { Task } from "../support/tasks.ts";

setDefaultTimeout(180_000);

const program = await startProgram();
/** A second process with the same data, like a replica or a worker. */
const other = await startProgram({ DATA_DIR: program.dataDir });
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
});

const age = (key: string, hours: number) =>
  tamper(program.dataDir, {
    sqlite: `update idempotency_keys set created_at = created_at - ${hours * 3_600_000} where key = '${key}'`,
    postgres: `update idempotency_keys set created_at = created_at - interval '${hours} hours' where key = '${key}'`,
  });

describe("Idempotency-Key", () => {
  it("expires after 24 hours", async () => {
    const ada = await signUp(program.url);
    const key = crypto.randomUUID();
    const add = async (title: string) => {
      const response = await ada.send("/api/tasks", { json: { title }, headers: { "idempotency-key": key } });
      return response.status === 201 ? ((await response.json()) as Task).id : response.status;
    };
    const first = await add("Daily");
    await age(key, 23);
    expect(await add("Daily")).toBe(first);
    expect(await add("Another")).toBe(422);
    await age(key, 2);
    const second = await add("Another");
    expect(second).toBeString();
    expect(second).not.toBe(first);
    expect(await add("Another")).toBe(second);
  });

  it("rejects one of two concurrent registrations with different passwords in two processes", async () => {
    const rounds = Array.from({ length: 4 }, async () => {
      const [key, newcomer] = [crypto.randomUUID(), newCredentials()];
      const outcomes = await Promise.all(
        [program, other].map(async ({ url }, index) => {
          const claim = { ...newcomer, password: `${newcomer.password} ${index}` };
          const claimed = await send(url, "/api/register", { json: claim, headers: { "idempotency-key": key } });
          const entered = await send(url, "/api/login", {
            json: { username: claim.username, password: claim.password },
          });
          return `${claimed.status} ${entered.status}`;
        }),
      );
      return outcomes.toSorted().join();
    });
    expect([...new Set(await Promise.all(rounds))]).toEqual(["201 200,422 401"]);
  });

  it("returns the same response from every process, also for concurrent requests", async () => {
    const ada = await signUp(program.url);
    const key = crypto.randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, number) => {
        const response = await fetch(`${(number % 2 ? program : other).url}/api/tasks`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${ada.token}`,
            "content-type": "application/json",
            "idempotency-key": key,
          },
          body: JSON.stringify({ title: "Once" }),
        });
        return { status: response.status, body: await response.json() };
      }),
    );
    expect(answers[0]?.status).toBe(201);
    expect(answers).toEqual(Array(20).fill(answers[0]));
    const { items } = (await (await ada.send("/api/tasks")).json()) as { items: Task[] };
    expect(items).toHaveLength(1);
  });
});

describe("expired data", () => {
  it("is deleted at the next start: stored responses and sessions", async () => {
    using folder = dataFolder();
    await using before = await startProgram({ DATA_DIR: folder.path });
    await signUp(before.url);
    await before.stop();
    const numbers = {
      sqlite: "with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 2500)",
      postgres: "with numbers(n) as (select generate_series(1, 2500))",
    }[engine];
    const long = noFile ? "to_timestamp(1)" : "1000";
    for (const rows of [
      `idempotency_keys ${numbers} select 'scope', 'key ' || n, '', null, ${long} from numbers`,
      `sessions (id, user_id, created_at, expires_at) ${numbers} select 'old ' || n, users.id, ${long}, ${long} from numbers, users`,
    ])
      await tamper(folder.path, { sqlite: `insert into ${rows}`, postgres: `insert into ${rows}` });

    await using program = await startProgram({ DATA_DIR: folder.path });
    const left = async (table: string) =>
      Number((await query(folder.path, `select count(*) as rows from ${table}`))[0]?.rows);
    while ((await left("idempotency_keys")) > 0 || (await left("sessions")) > 1) await new Promise(setImmediate);
    expect((await fetch(`${program.url}/readyz`)).status).toBe(200);
  });
});

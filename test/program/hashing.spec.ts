import { expect, it, setDefaultTimeout } from "bun:test";
import { send, signUp } from "../support/client.ts";
import { query, startProgram } from "../support/program.ts";

setDefaultTimeout(60_000);

it("twenty concurrent sign-ins do not delay other requests", async () => {
  await using program = await startProgram({ BUN_OPTIONS: "" });
  const person = await signUp(program.url);
  let done = 0;
  const signIns = Array.from({ length: 20 }, async (_, number) => {
    const json = { username: number % 2 ? person.username : `unknown-${number}`, password: "a wrong password" };
    const answer = await send(program.url, "/api/login", { json });
    done++;
    return answer.status;
  });
  // Sequential, as each would wait for a hash if hashing blocked the event loop.
  for (let round = 0; round < 10; round++) {
    expect((await fetch(`${program.url}/healthz`)).status).toBe(200);
    expect((await person.send("/api/tasks", { json: { title: `In between, ${round}` } })).status).toBe(201);
  }
  expect(done).toBeLessThan(10);
  expect(new Set(await Promise.all(signIns))).toEqual(new Set([401]));
});

it("stores a password as a bcrypt hash of cost 12", async () => {
  await using program = await startProgram({ BUN_OPTIONS: "" });
  await signUp(program.url);
  const [user] = await query(program.dataDir, "select password_hash from users");
  expect(user?.password_hash).toMatch(/^\$2b\$12\$/);
});

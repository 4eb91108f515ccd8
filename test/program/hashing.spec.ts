import { expect, it, setDefaultTimeout } from "bun:test";
import { send, signUp } from "../support/client.ts";
import { query, startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

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

it("a limited sign-in is rejected without hashing", async () => {
  await using program = await startProgram({ BUN_OPTIONS: "" });
  const { username } = await signUp(program.url);
  const attempt = () => send(program.url, "/api/login", { json: { username, password: "a wrong password" } });
  const begin = performance.now();
  await Promise.all(Array.from({ length: 10 }, attempt));
  const hashed = performance.now();
  const limited = await Promise.all(Array.from({ length: 100 }, attempt));
  expect(performance.now() - hashed).toBeLessThan(hashed - begin);
  // On a slow machine the first delays pass while passwords are hashed.
  expect(limited.filter(({ status }) => status === 429).length).toBeGreaterThan(90);
});

it("a sign-in is rejected while too many others wait", async () => {
  await using program = await startProgram({ BUN_OPTIONS: "", TRUST_PROXY: "1", LOG_LEVEL: "silent" });
  const json = { username: "unknown", password: "a wrong password" };
  const answers = Array.from({ length: 120 }, async (_, number) => {
    const headers = { "x-forwarded-for": `203.0.113.${number}` };
    const { status, headers: answered } = await send(program.url, "/api/login", { json, headers });
    return status === 401 ? Promise.reject() : { status, retryAfter: answered.get("retry-after") };
  });
  expect(await Promise.any(answers)).toEqual({ status: 503, retryAfter: "5" });
  await program.stop("SIGKILL"); // the others would be hashed for half a minute
  await Promise.allSettled(answers);
});

it("stores a password as a bcrypt hash of cost 12", async () => {
  await using program = await startProgram({ BUN_OPTIONS: "" });
  await signUp(program.url);
  const [user] = await query(program.dataDir, "select password_hash from users");
  expect(user?.password_hash).toMatch(/^\$2b\$12\$/);
});

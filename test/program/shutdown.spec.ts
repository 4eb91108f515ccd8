import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { readdirSync } from "node:fs";
import { send, signUp } from "../support/client.ts";
import { openConnection } from "../support/connection.ts";
import { dataFolder } from "../support/data-folder.ts";
import { LEFT_BEHIND, type Program, spawnProgram, startProgram } from "../support/program.ts";
import { waitUntil } from "../support/wait-until.ts";

setDefaultTimeout(180_000);

const files = ({ dataDir }: Program) => readdirSync(dataDir).sort();

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
  it("exits with 0 and leaves one complete database file", async () => {
    await using program = await startProgram();
    await signUp(program.url);
    expect(await program.stop(signal)).toBe(0);
    expect(files(program)).toEqual(LEFT_BEHIND);
  });

  it("is handled as soon as the URL is printed", async () => {
    for (let round = 0; round < 3; round++) {
      await using program = await startProgram();
      expect(await program.stop(signal)).toBe(0);
    }
  });
});

describe("program that waits for an unresponsive server", () => {
  const toServer = (port: number) => ["--url", `http://127.0.0.1:${port}`];
  const fromServer = (port: number) => ["--from", `postgres://a@127.0.0.1:${port}/a`, "--to", "new.db"];

  it.each([
    ["SIGTERM", 0, "serve", () => []],
    ["SIGINT", 0, "serve", () => ["--workers", "2"]],
    ["SIGTERM", 143, "migrate", () => []],
    ["SIGTERM", 143, "check", toServer],
    ["SIGINT", 130, "check", toServer],
    ["SIGTERM", 143, "copy", fromServer],
    ["SIGTERM", 143, "user", () => ["list"]],
  ] as const)("handles %s and exits with %d: %s", async (signal, code, command, args) => {
    using folder = dataFolder();
    const asked = Promise.withResolvers<void>();
    using silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => asked.resolve() } });
    const { port } = silent;
    const environment = { DATA_DIR: folder.path, DATABASE_URL: `postgres://a@127.0.0.1:${port}/a` };
    const child = await spawnProgram([command, ...args(port)], environment);
    await asked.promise;
    child.kill(signal);
    expect(await child.exited).toBe(code);
    // The program exits by itself, as the first process of a container ignores signals that it does not handle.
    expect(child.signalCode).toBeNull();
    expect(await new Response(child.stdout).text()).toBe("");
  });
});

describe("program that is shutting down", () => {
  it("is alive but not ready, and still responds until the load balancer notices", async () => {
    await using program = await startProgram({ SHUTDOWN_DELAY: "4" });
    const person = await signUp(program.url);
    const stopping = program.stop();
    await waitUntil(async () => (await fetch(`${program.url}/readyz`)).status === 503);
    expect((await fetch(`${program.url}/healthz`)).status).toBe(200);
    const written = await person.send("/api/tasks", { json: { title: "Just in time" } });
    expect(written.status).toBe(201);
    expect(written.headers.get("connection")).toBe("close");
    expect(await person.send("/api/tasks").then((answer) => answer.json())).toMatchObject({ totals: { open: 1 } });
    expect(await stopping).toBe(0);
    expect(files(program)).toEqual(LEFT_BEHIND);
  });

  it("ignores further signals", async () => {
    await using program = await startProgram({ SHUTDOWN_DELAY: "2" });
    const stopping = program.stop();
    await waitUntil(async () => (await fetch(`${program.url}/readyz`)).status === 503);
    program.process.kill("SIGTERM");
    program.process.kill("SIGINT");
    expect((await fetch(`${program.url}/healthz`)).status).toBe(200);
    expect(await stopping).toBe(0);
  });

  it("completes sign-ins in progress", async () => {
    await using program = await startProgram();
    const { username, password } = await signUp(program.url);
    const signIns = Array.from({ length: 4 }, () => send(program.url, "/api/login", { json: { username, password } }));
    await Promise.race(signIns);
    const stopping = program.stop();
    expect((await Promise.all(signIns)).map((answer) => answer.status)).toEqual([200, 200, 200, 200]);
    expect(await stopping).toBe(0);
    expect(files(program)).toEqual(LEFT_BEHIND);
  });

  it("waits for the rest of a request in progress", async () => {
    await using program = await startProgram();
    const { token } = await signUp(program.url);
    using connection = await openConnection(program.url);
    const body = JSON.stringify({ title: "Half here, half on the way" });
    connection.write(
      `POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 10)}`,
    );
    await fetch(`${program.url}/healthz`); // The response shows that the server has read the earlier data too.
    const stopping = program.stop();
    await waitUntil(async () => {
      const answer = await fetch(`${program.url}/readyz`, { headers: { connection: "close" } }).catch(() => undefined);
      return answer === undefined;
    });
    connection.write(body.slice(10));
    expect(await connection.closed).toStartWith("HTTP/1.1 201 ");
    expect(await stopping).toBe(0);
    expect(files(program)).toEqual(LEFT_BEHIND);
  });

  it("does not wait for idle connections", async () => {
    await using program = await startProgram();
    await using slower = await startProgram({ SHUTDOWN_DELAY: "5" });
    using kept = await openConnection(program.url);
    kept.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await kept.waitFor(/"ok"/);
    using _silent = await openConnection(program.url);
    await fetch(`${program.url}/healthz`);
    const first = await Promise.race([
      slower.stop().then(() => "the one that pauses five seconds"),
      program.stop().then((code) => `the one with idle connections, with ${code}`),
    ]);
    expect(first).toBe("the one with idle connections, with 0");
  });

  it("exits even if a client never completes its request", async () => {
    await using program = await startProgram();
    using connection = await openConnection(program.url);
    connection.write("POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{");
    await fetch(`${program.url}/healthz`);
    expect(await program.stop()).toBe(0);
    expect(files(program)).toEqual(LEFT_BEHIND);
  });
});

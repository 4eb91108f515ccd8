import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { expectCommandError } from "../support/command-errors.ts";
import { type Program, runProgram, startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

const accounts = async ({ dataDir }: Program) => {
  const { stdout } = await runProgram(["user", "list"], { DATA_DIR: dataDir });
  return [...stdout.matchAll(/^(check-\S+)/gm)].map(([, name = ""]) => name);
};

/** A proxy in front of TaskFlow that changes some responses. */
function proxy(to: string, change: (request: Request) => Promise<Response | undefined> | Response | undefined) {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const changed = await change(request);
      return changed ?? fetch(new Request(to + pathname + search, request), { redirect: "manual", decompress: false });
    },
  });
  return { url: server.url.origin, [Symbol.dispose]: () => void server.stop(true) };
}

describe("taskflow check", () => {
  it("prints a line per check, and deletes its account from the configured database", async () => {
    await using program = await startProgram();
    const PORT = new URL(program.url).port;
    const environment = { DATA_DIR: program.dataDir, PORT, HTTP_PROXY: "http://127.0.0.1:1" };
    const { code, stdout } = await runProgram(["check"], environment);
    expect(code).toBe(0);
    expect(stdout.match(/^ok {4}\S/gm)?.length).toBe(7);
    expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+ passed every check\.$/m);
    expect(await accounts(program)).toEqual([]);
  });

  it("keeps its account with --url, unless --remove is given", async () => {
    await using program = await startProgram();
    const { stdout } = await runProgram(["check", "--url", program.url, "--account", "check-1"]);
    expect(stdout).toContain("Delete it with: taskflow user delete check-1");
    expect(await accounts(program)).toEqual(["check-1"]);
    const removing = ["check", "--url", program.url, "--account", "check-2", "--remove"];
    expect((await runProgram(removing, { DATA_DIR: program.dataDir })).code).toBe(0);
    expect(await accounts(program)).toEqual(["check-1"]);
  });

  it("deletes its account if a check fails, too", async () => {
    await using program = await startProgram();
    using front = proxy(program.url, (request) =>
      new URL(request.url).pathname === "/api/events" ? new Response("") : undefined,
    );
    const { code } = await runProgram(["check", "--url", front.url, "--remove"], { DATA_DIR: program.dataDir });
    expect(code).toBe(1);
    expect(await accounts(program)).toEqual([]);
  });

  it("uses HTTP_PROXY for another machine", async () => {
    await using program = await startProgram();
    using front = proxy(program.url, () => undefined);
    const { code } = await runProgram(["check", "--url", "http://taskflow.invalid"], { HTTP_PROXY: front.url });
    expect(code).toBe(0);
  });

  it.each([
    [
      "skips authentication",
      "/api/tasks",
      () => Response.json({ items: [] }),
      "GET /api/tasks returned 200, expected 401",
    ],
    ["returns its own page", "/api/login", () => new Response("<h1>Hello</h1>"), "/api/login does not return JSON"],
    ["buffers live updates", "/api/events", () => new Response(""), "GET /api/events sends nothing"],
    ["is down", "/readyz", () => new Response("", { status: 502 }), "GET /readyz returned 502, expected 200"],
  ])("names the failing check if a proxy %s", async (_, path, answer, reason) => {
    await using program = await startProgram();
    using front = proxy(program.url, (request) => (new URL(request.url).pathname === path ? answer() : undefined));
    const { code, stderr } = await runProgram(["check", "--url", front.url]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^taskflow: [^\n]+\n$/);
    expect(stderr).toContain(reason);
  });

  it("reports a server that does not respond, and an invalid URL", async () => {
    await expectCommandError(["check", "--url", "http://127.0.0.1:1"], {}, /does not respond/);
    for (const args of [["nonsense"], ["--url", "localhost:8000"], ["--url", "mailto:x"], ["--url", "//host"]])
      for (const command of ["check", "health"])
        await expectCommandError([command, ...args], {}, /\[--url URL\].*, with a URL such as http:/);
  });
});

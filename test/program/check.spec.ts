import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { runProgram, startProgram } from "../support/program.ts";
import { expectRefusedCommand } from "../support/refusal.ts";

setDefaultTimeout(60_000);

/** What somebody may have put in front of TaskFlow. */
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
  it("tries what users rely on, a line each, and leaves nobody signed in", async () => {
    await using program = await startProgram();
    const { code, stdout } = await runProgram(["check", "--url", program.url]);
    expect(code).toBe(0);
    expect(stdout.match(/^ok {4}\S/gm)?.length).toBe(6);
    expect(stdout).toMatch(/keeps its promises; the account check-[\w-]+ stays behind$/m);
  });

  it("needs no address on the machine that serves", async () => {
    await using program = await startProgram();
    const environment = {
      DATA_DIR: program.dataDir,
      PORT: new URL(program.url).port,
      HTTP_PROXY: "http://127.0.0.1:1",
    };
    expect((await runProgram(["check"], environment)).code).toBe(0);
  });

  it("goes to another machine by the proxy that the environment names", async () => {
    await using program = await startProgram();
    using front = proxy(program.url, () => undefined);
    const { code } = await runProgram(["check", "--url", "http://taskflow.invalid"], { HTTP_PROXY: front.url });
    expect(code).toBe(0);
  });

  it.each([
    [
      "lets strangers in",
      "/api/tasks",
      () => Response.json({ items: [] }),
      "GET /api/tasks answers 200 instead of 401",
    ],
    [
      "answers with a page of its own",
      "/api/login",
      () => new Response("<h1>Hello</h1>"),
      "/api/login does not answer in JSON",
    ],
    ["holds the live feed back", "/api/events", () => new Response(""), "GET /api/events tells nothing"],
    ["is down", "/readyz", () => new Response("", { status: 502 }), "GET /readyz answers 502 instead of 200"],
  ])("names what is broken when what stands in front %s", async (_, path, answer, reason) => {
    await using program = await startProgram();
    using front = proxy(program.url, (request) => (new URL(request.url).pathname === path ? answer() : undefined));
    const { code, stderr } = await runProgram(["check", "--url", front.url]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^taskflow: [^\n]+\n$/);
    expect(stderr).toContain(reason);
  });

  it("says when nobody is there, and what it takes", async () => {
    await expectRefusedCommand(["check", "--url", "http://127.0.0.1:1"], {}, /does not answer/);
    for (const words of [["nonsense"], ["--url", "localhost:8000"], ["--url", "mailto:x"], ["--url", "//host"]])
      for (const command of ["check", "health"])
        await expectRefusedCommand([command, ...words], {}, /\[--url URL\], with a URL such as http:/);
  });
});

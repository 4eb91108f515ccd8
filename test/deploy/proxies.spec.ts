import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { run } from "../support/containers.ts";
import { freePort } from "../support/free-port.ts";
import { type Program, runProgram, startProgram } from "../support/program.ts";
import { noProxies, PROXIES } from "../support/proxies.ts";

setDefaultTimeout(300_000);
/** Each run of the contract takes all of the machine, and most of what one network may try. */
const it = test.serial;

/** Three replicas on one database. */
const replicas: Program[] = [];
for (let index = 0; index < 3 && !noProxies; index++)
  replicas.push(
    await startProgram({
      TRUST_PROXY: "1",
      SIGN_UPS_PER_HOUR: "0",
      LOG_LEVEL: "error",
      DATA_DIR: replicas[0]?.dataDir,
    }),
  );
afterAll(async () => {
  for (const each of replicas.toReversed()) await each[Symbol.asyncDispose]();
});

/** Runs the contract specs on a URL. */
async function expectContract(url: string) {
  const command = [process.execPath, "test", "--parallel", "test/contract"];
  const { code, stdout, stderr } = await run(command, { env: { TASKFLOW_URL: url } });
  const failed = `${stdout}${stderr}`.split("\n").filter((line) => line.startsWith("(fail)"));
  expect({ code, failed }).toEqual({ code: 0, failed: [] });
}

describe.skipIf(noProxies)("the contract", () => {
  it.each([
    ["nginx", 2],
    ["nginx", 3],
    ["caddy", 2],
    ["caddy", 3],
  ] as const)("passes through %s with %d replicas behind it", async (name, count) => {
    await using proxy = await PROXIES[name](replicas.slice(0, count).map(({ url }) => url));
    await expectContract(proxy.url);
  });

  it("passes below a path that nginx removes", async () => {
    const port = freePort();
    const path = "/tasks";
    const BASE_URL = `http://127.0.0.1:${port}${path}`;
    await using program = await startProgram({ BASE_URL, LOG_LEVEL: "error" });
    await using proxy = await PROXIES.nginx([program.url], { port, path, strip: true });
    await expectContract(proxy.url);
  });
});

describe.skipIf(noProxies)("taskflow check", () => {
  it("fails behind an nginx that replaces Host and says what to change, until BASE_URL is set", async () => {
    const port = freePort();
    const url = `http://127.0.0.1:${port}`;
    const checkBehindNginx = async (environment: Record<string, string>) => {
      await using program = await startProgram({ LOG_LEVEL: "error", ...environment });
      await using _ = await PROXIES.nginx([program.url], { port, settings: "" });
      return await runProgram(["check", "--url", url]);
    };
    const failed = await checkBehindNginx({});
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain("proxy must pass the Host header");
    expect(await checkBehindNginx({ BASE_URL: url })).toMatchObject({ code: 0 });
  });

  it("fails below a path whose pages name files outside of it, until BASE_URL is set", async () => {
    const port = freePort();
    const url = `http://127.0.0.1:${port}/apps/todo`;
    const checkBelow = async (environment: Record<string, string>, strip: boolean) => {
      await using program = await startProgram({ LOG_LEVEL: "error", ...environment });
      await using _ = await PROXIES.nginx([program.url], { port, path: "/apps/todo", strip });
      return await runProgram(["check", "--url", url]);
    };
    const failed = await checkBelow({}, true);
    expect(failed.stderr).toContain(`set BASE_URL to ${url}`);
    for (const strip of [true, false]) expect(await checkBelow({ BASE_URL: url }, strip)).toMatchObject({ code: 0 });
  });
});

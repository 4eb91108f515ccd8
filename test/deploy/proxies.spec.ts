import { afterAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { run } from "../support/containers.ts";
import { type Program, startProgram } from "../support/program.ts";
import { noProxies, PROXIES } from "../support/proxies.ts";

setDefaultTimeout(300_000);

/** Three replicas on one database. */
const replicas: Program[] = [];
for (let index = 0; index < 3 && !noProxies; index++)
  replicas.push(await startProgram({ TRUST_PROXY: "1", LOG_LEVEL: "error", DATA_DIR: replicas[0]?.dataDir }));
afterAll(async () => {
  for (const each of replicas.toReversed()) await each[Symbol.asyncDispose]();
});

describe.skipIf(noProxies).serial("the contract", () => {
  it.each([
    ["nginx", 2],
    ["nginx", 3],
    ["caddy", 2],
    ["caddy", 3],
  ] as const)("passes through %s with %d replicas behind it", async (name, count) => {
    await using proxy = await PROXIES[name](replicas.slice(0, count).map(({ url }) => url));
    const command = [process.execPath, "test", "--parallel", "test/contract"];
    const { code, stdout, stderr } = await run(command, { env: { TASKFLOW_URL: proxy.url } });
    const failed = `${stdout}${stderr}`.split("\n").filter((line) => line.startsWith("(fail)"));
    expect({ code, failed }).toEqual({ code: 0, failed: [] });
  });
});

import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { expectStartError } from "../support/command-errors.ts";
import { freePort } from "../support/free-port.ts";
import { runProgram, startProgram } from "../support/program.ts";

setDefaultTimeout(180_000);

const PRODUCTION = { NODE_ENV: "production", JWT_SECRET: "a secret of at least thirty-two bytes" };
const WITHOUT_IPV6 = { BUN_OPTIONS: `--preload=${join(import.meta.dir, "..", "support", "without-ipv6.ts")}` };

const portOf = (url: string) => new URL(url).port;
const answers = (host: string, url: string) =>
  fetch(`http://${host}:${portOf(url)}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );

const interfaces = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
const noIpv6 = !interfaces.some(({ address }) => address === "::1");
const outside = interfaces.find(({ family, internal }) => family === "IPv4" && !internal)?.address;

describe("in production", () => {
  it.skipIf(noIpv6)("listens on IPv6 and IPv4, and logs IPv4 addresses as such", async () => {
    await using program = await startProgram(PRODUCTION);
    const { url, output } = program;
    expect(url).toBe(`http://localhost:${portOf(url)}`);
    for (const host of ["127.0.0.1", "[::1]", ...(outside ? [outside] : [])])
      await fetch(`http://${host}:${portOf(url)}/login`);
    await program.stop();
    const lines = output().match(/^.*"body":"request".*$/gm) ?? [];
    expect(lines.map((line) => JSON.parse(line)["client.address"])).toEqual([
      "127.0.0.1",
      "::1",
      ...(outside ? [outside] : []),
    ]);
  });

  it("listens on IPv4 if the machine has no IPv6", async () => {
    await using program = await startProgram({ ...PRODUCTION, ...WITHOUT_IPV6 });
    expect(await answers("127.0.0.1", program.url)).toBe(true);
    if (outside) expect(await answers(outside, program.url)).toBe(true);
    const environment = { ...PRODUCTION, PORT: portOf(program.url) };
    expect((await runProgram(["health"], environment)).stdout).toBe("ready\n");
  });
});

describe("in development", () => {
  it.skipIf(noIpv6)("listens on both addresses of localhost, and on no other", async () => {
    await using program = await startProgram();
    expect(await answers("127.0.0.1", program.url)).toBe(true);
    expect(await answers("[::1]", program.url)).toBe(true);
    if (outside) expect(await answers(outside, program.url)).toBe(false);
  });

  it("listens on IPv4 if the machine has no IPv6", async () => {
    await using program = await startProgram(WITHOUT_IPV6);
    expect(await answers("127.0.0.1", program.url)).toBe(true);
  });

  it.skipIf(noIpv6).each(["127.0.0.1", "::1"])("does not start if the port is in use on %s", async (hostname) => {
    const port = freePort();
    using other = Bun.listen({ hostname, port, socket: { data() {} } });
    await expectStartError({ PORT: String(other.port) }, new RegExp(`port ${port} is in use`));
  });
});

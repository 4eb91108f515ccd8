import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { $, which } from "zx";
import { killAtEnd } from "../lib/leftovers.ts";

export interface Command {
  /** Prints "… is running at http://…" when it is ready. */
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const ROOT = `${import.meta.dir}/../..`;

/** With taskset and two cores, the servers get the first core and the load generator the others. */
const pinned = availableParallelism() >= 2 && which.sync("taskset", { nothrow: true }) !== null;

/** Keeps this process, which generates the load, off the servers' core. */
export async function pinLoad(): Promise<void> {
  const cores = `1-${availableParallelism() - 1}`;
  if (pinned) await $({ quiet: true })`taskset --all-tasks --cpu-list --pid ${cores} ${process.pid}`;
}

/**
 * Starts a server and waits for its first response.
 * @throws Error with the last line of the program's output
 */
export async function startServer({ words, environment }: Command, path: string, headers = {}) {
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, PORT: "0", HOST: "127.0.0.1", NODE_ENV: "production", ...environment };
  const began = performance.now();
  const command = pinned ? ["taskset", "--cpu-list", "0", ...words] : [...words];
  const child = killAtEnd(Bun.spawn(command, { cwd: ROOT, env, detached: true, stdout: "pipe", stderr: "pipe" }));
  const errors = new Response(child.stderr).text();
  const origin = await originOf(child.stdout);
  if (!origin) throw new Error((await errors).trim().split("\n").at(-1) || `it exited with ${await child.exited}`);
  const response = await fetch(`${origin}${path}`, { headers });
  if (!response.ok) throw new Error(`it responded to ${path} with ${response.status}`);
  await response.arrayBuffer();
  const startMs = performance.now() - began;
  const status = await readFile(`/proc/${child.pid}/status`, "utf8").catch(() => "");
  return {
    origin,
    startMs,
    /** Resident memory after the first response, in kB: 0 on systems other than Linux. */
    memory: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0),
    /** Returns the CPU time in microseconds: 0 on systems other than Linux. */
    async cpuTime() {
      const stat = await readFile(`/proc/${child.pid}/stat`, "utf8").catch(() => "");
      // proc(5): utime and stime are 11 and 12 fields after the name, which may contain spaces.
      const fields = Array.from(stat.replace(/^.*\) /s, "").split(" "), Number);
      return ((fields[11] ?? 0) + (fields[12] ?? 0)) * 10_000;
    },
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}

export type Server = Awaited<ReturnType<typeof startServer>>;

/** Keeps reading after the address, because a full pipe would block the server. */
function originOf(output: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const write = (chunk: Uint8Array) => {
    const [, origin] = /is running at (http:\/\/[^\s"/]*:\d+)/.exec(Buffer.from(chunk).toString()) ?? [];
    if (origin) resolve(origin);
  };
  output.pipeTo(new WritableStream({ write, close: () => resolve(undefined) }));
  return promise;
}

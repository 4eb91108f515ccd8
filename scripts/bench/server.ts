import { $ } from "zx";
import { killAtEnd } from "../lib/leftovers.ts";

/** What has to be run to have a server: it prints "… is running at http://…" when it is ready. */
export interface Command {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface Server {
  readonly port: number;
  /** From the moment it was asked for to its first answer. */
  readonly startMs: number;
  /** Megabytes that the process and its children hold. */
  memory(): Promise<number>;
  /** Microseconds of a core that they have used so far; undefined where the system does not tell. */
  cpu(): Promise<number | undefined>;
  /** How it ended before its time, or undefined while it runs. */
  ended(): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** The program said no at its start. */
export class NotStarted extends Error {}

const STOP_MS = 12_000;

/**
 * Starts a server and waits until it has answered once.
 * @param path what it is asked first, with the headers that go with it
 * @throws NotStarted with the program's own words
 */
export async function startServer(
  { command, environment, cwd }: Command,
  path: string,
  headers: Record<string, string>,
): Promise<Server> {
  const { PATH = "", HOME = "" } = process.env;
  const asked = performance.now();
  const child = killAtEnd(
    Bun.spawn([...command], {
      cwd,
      env: { PATH, HOME, PORT: "0", HOST: "127.0.0.1", ...environment },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  const problem = new Response(child.stderr).text();
  const port = await portOf(child.stdout);
  if (port === undefined) {
    await child.exited;
    const [line = `it ended with ${child.exitCode}`] = (await problem).trim().split("\n");
    throw new NotStarted(line);
  }
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  await answer.arrayBuffer();
  const startMs = performance.now() - asked;
  if (!answer.ok) throw new NotStarted(`its first answer was ${answer.status}`);
  return {
    port,
    startMs,
    memory: async () => (await members(child.pid)).reduce((sum, { kilobytes }) => sum + kilobytes / 1024, 0),
    cpu: async () => ticks((await members(child.pid)).map(({ pid }) => pid)),
    async ended() {
      const code = child.signalCode ?? child.exitCode;
      return code === null ? undefined : `the server ended with ${code}: ${lastLine(await problem)}`;
    },
    async stop() {
      child.kill("SIGTERM");
      await Promise.race([child.exited, Bun.sleep(STOP_MS)]);
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";

/** Reads on after the line, as a full pipe would stop the server. */
async function portOf(output: ReadableStream<Uint8Array>): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  (async () => {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of output) {
      if (text.length < 10_000) text += decoder.decode(chunk, { stream: true });
      const [, port] = /is running at http:\/\/[^\s"/]*:(\d+)/.exec(text) ?? [];
      if (port) resolve(Number(port));
    }
    resolve(undefined);
  })();
  return promise;
}

/** A server leads a process group, so that its workers count too; pages that they share count for each. */
async function members(group: number): Promise<{ pid: number; kilobytes: number }[]> {
  const { stdout } = await $({ quiet: true })`ps -A -o pgid= -o pid= -o rss=`;
  const rows = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  return rows.flatMap(([owner, pid = 0, kilobytes = 0]) => (owner === group ? [{ pid, kilobytes }] : []));
}

/** Linux counts in hundredths of a second: the 14th and 15th word of `stat`, of which the 2nd may hold spaces. */
async function ticks(pids: readonly number[]): Promise<number | undefined> {
  let sum = 0;
  for (const pid of pids) {
    const stat = await Bun.file(`/proc/${pid}/stat`)
      .text()
      .catch(() => undefined);
    if (stat === undefined) return undefined;
    const words = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    sum += (Number(words[11]) + Number(words[12])) * 10_000;
  }
  return sum;
}

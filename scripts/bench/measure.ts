import { authorization, type Case, get, send } from "./cases.ts";
import type { Dataset } from "./dataset.ts";
import { type Fleet, startVariant } from "./fleet.ts";
import type { Load } from "./load-client.ts";
import type { Driven } from "./load-jobs.ts";
import { median, type Result, type Row } from "./results.ts";
import type { Server } from "./server.ts";
import type { Name, Variant } from "./variants.ts";

const STREAMS = 1000;
const WRITES = 5;

export interface Pace {
  readonly rounds: number;
  readonly measureMs: number;
  /** Before the first round, then before each of the others. */
  readonly warmupMs: readonly [number, number];
  readonly starts: number;
}

export interface Bench {
  readonly dataset: Dataset;
  readonly asset: string;
  readonly load: Load;
  readonly pace: Pace;
  /** Says that something has been done, to whoever waits. */
  readonly progress: () => void;
}

interface Course {
  readonly requests: readonly string[];
  readonly runs: Driven[];
  /** Microseconds an answer, of each run. */
  readonly cpu: number[];
  memory: number;
  offset: number;
  problem?: string;
  skipped?: string;
}

/** Measures a case in rounds in which every server has its turn, so that the machine's moods hit all alike. */
export async function measureCase(each: Case, fleet: Fleet, bench: Bench): Promise<Row> {
  const { pace, progress } = bench;
  const courses = new Map<Name, Course>();
  for (const [name, server] of fleet) courses.set(name, await course(each, server, bench));
  for (let round = 0; round < pace.rounds; round++) {
    for (const [name, server] of fleet) {
      const course = courses.get(name);
      if (!course || (course.problem ?? course.skipped) !== undefined) continue;
      const before = await server.cpu();
      const driven = await attempt(server, bench, {
        port: server.port,
        connections: each.connections,
        warmupMs: pace.warmupMs[round === 0 ? 0 : 1],
        measureMs: pace.measureMs * (each.longer ?? 1),
        requests: course.requests,
        offset: course.offset,
        status: each.status,
      });
      const after = await server.cpu();
      if (before !== undefined && after !== undefined)
        course.cpu.push((after - before) / Math.max(1, driven.next - course.offset));
      course.offset = driven.next;
      course.problem = driven.failure ?? (driven.rate === 0 ? "no answer in time" : undefined);
      course.runs.push(driven);
      course.memory = Math.max(course.memory, await server.memory());
      progress();
    }
  }
  return { name: each.name, says: each.says, unit: "req/s", results: [...courses].map(([name, it]) => sum(name, it)) };
}

/** A server that is gone is a problem of its case, not the end of everything. */
async function attempt(server: Server, { load }: Bench, job: Parameters<Load["drive"]>[0]): Promise<Driven> {
  try {
    return await load.drive(job);
  } catch (error) {
    const failure = (await server.ended()) ?? (error as Error).message;
    return { rate: 0, p50: 0, p99: 0, next: job.offset, failure };
  }
}

async function course(each: Case, server: Server, { dataset, asset }: Bench): Promise<Course> {
  const ask = (path: string, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${server.port}${path}`, { headers });
  const start = { requests: [], runs: [], cpu: [], memory: 0, offset: 0 };
  try {
    const requests = await each.requests(dataset, asset, ask);
    return Array.isArray(requests) ? { ...start, requests } : { ...start, skipped: requests.skipped };
  } catch (error) {
    return { ...start, problem: (await server.ended()) ?? (error as Error).message };
  }
}

/** A case with a wrong answer has no throughput at all. */
function sum(variant: Name, { runs, cpu, memory, problem, skipped }: Course): Result {
  if (problem !== undefined || skipped !== undefined) return { variant, problem, skipped };
  const of = (field: "rate" | "p50" | "p99") => median(runs.map((run) => run[field]));
  return {
    variant,
    value: of("rate"),
    p50: of("p50"),
    p99: of("p99"),
    memory,
    cpu: cpu.length > 0 ? median(cpu) : undefined,
  };
}

/** Starts each variant a few times, in turn: how long until it answers, and what it holds then. */
export async function measureStarts(
  variants: readonly Variant[],
  { dataset, pace, progress }: Bench,
  gone: (name: Name, why: string) => void,
): Promise<Row[]> {
  const taken = new Map<Name, { ms: number; memory: number }[]>();
  for (let round = 0; round < pace.starts; round++) {
    for (const variant of variants) {
      if (round > 0 && !taken.has(variant.name)) continue;
      const server = await startVariant(variant, "base", dataset, gone);
      if (!server) continue;
      const sample = { ms: server.startMs, memory: await server.memory() };
      taken.set(variant.name, [...(taken.get(variant.name) ?? []), sample]);
      await server.stop();
      progress();
    }
  }
  const results = (field: "ms" | "memory"): Result[] =>
    [...taken].map(([variant, samples]) => ({ variant, value: median(samples.map((sample) => sample[field])) }));
  return [
    { name: "start", says: "from the start to the first answer", unit: "ms", results: results("ms") },
    { name: "idle", says: "memory after the first answer", unit: "MB", results: results("memory") },
  ];
}

/** Live streams with a write a second: what they cost, and when the last one has been told. */
export async function measureStreams(
  fleet: Fleet,
  { dataset: { writer, everyone }, load, progress }: Bench,
): Promise<Row[]> {
  const delays: Result[] = [];
  const memory: Result[] = [];
  const text = { title: "Told to everyone" };
  for (const [variant, server] of fleet) {
    const skipped = await streamless(server, authorization(writer));
    if (skipped !== undefined) {
      delays.push({ variant, skipped });
      memory.push({ variant, skipped });
      continue;
    }
    try {
      const before = await server.memory();
      let held = 0;
      const watched = await load.watch(
        {
          port: server.port,
          streams: STREAMS,
          requests: everyone.map((account) => get("/api/events", account, "Accept: text/event-stream\r\n")),
          writes: Array.from({ length: WRITES }, () =>
            everyone.map((account) => send("POST", "/api/tasks", text, account)),
          ),
        },
        async () => {
          held = (await server.memory()) - before;
        },
      );
      delays.push({ variant, value: median(watched.delays) });
      memory.push({ variant, value: Math.max(0, held) });
    } catch (error) {
      delays.push({ variant, problem: (error as Error).message });
      memory.push({ variant, problem: (error as Error).message });
    }
    progress();
  }
  const says = STREAMS.toLocaleString("en");
  return [
    {
      name: "streams-delay",
      says: `${says} live streams of 25 accounts, a write in each: until all know`,
      unit: "ms",
      results: delays,
    },
    { name: "streams-memory", says: `what ${says} live streams hold`, unit: "MB", results: memory },
  ];
}

/** @returns why there are no live streams here, or undefined when there are */
async function streamless({ port }: Server, headers: Record<string, string>): Promise<string | undefined> {
  const ending = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${port}/api/events`, { headers, signal: ending.signal });
  ending.abort();
  return answer.status === 404 ? "no /api/events" : undefined;
}

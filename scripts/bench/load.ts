import autocannon from "autocannon";
import type { Case } from "./cases.ts";
import type { Server } from "./server.ts";

export type Call = autocannon.Request;

export interface Pace {
  readonly rounds: number;
  readonly measureMs: number;
  /** Not measured. */
  readonly warmupMs: number;
}

/**
 * Keeps every connection busy: each sends every nth call in turn, so that no two send the same one.
 * @throws Error when a response has another status or a connection fails
 */
export async function runLoad(server: Server, each: Case, calls: readonly Call[], pace: Pace, beside: readonly Call[]) {
  const share = Math.max(1, Math.floor(calls.length / each.connections));
  let [connected, responses, problem, latencies] = [0, 0, "", [] as number[]];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const options: autocannon.Options = {
    ...{ url: server.origin, connections: each.connections, duration: 60, bailout: 1, sampleInt: 20 },
    setupClient(client) {
      const first = connected++;
      const own = Array.from({ length: share }, (_, index) => calls[(first + index * each.connections) % calls.length]);
      client.setRequests(own.map((call) => ({ ...call })));
    },
  };
  // autocannon's own statistics have a resolution of 1 ms and include the warm-up.
  const run = autocannon(options, () => resolve());
  run.on("response", (_client, actual, _bytes, milliseconds) => {
    responses++;
    latencies.push(milliseconds);
    if (actual !== each.status) problem ||= `status ${actual} instead of ${each.status}`;
  });
  run.on("reqError", ({ message }) => {
    problem ||= message;
  });

  let [call, ...others] = beside;
  const timer = setInterval(() => {
    if (call) void fetch(server.origin + call.path, { headers: call.headers as Record<string, string> });
    [call, ...others] = others;
  }, 200);
  await Bun.sleep(pace.warmupMs);
  const before = await server.cpuTime();
  const began = performance.now();
  latencies = [];
  await Bun.sleep(pace.measureMs);
  const elapsed = performance.now() - began;
  const measured = latencies.toSorted((one, other) => one - other);
  const cpu = (await server.cpuTime()) - before;
  clearInterval(timer);
  run.stop();
  await ended;
  if (problem || measured.length === 0) throw new Error(problem || "no response in time");
  const quantile = (part: number) => measured[Math.floor((measured.length - 1) * part)] ?? 0;
  // Responses per second, latencies in ms, and CPU time per response in µs.
  const value = (measured.length * 1000) / elapsed;
  return { sample: { value, p50: quantile(0.5), p99: quantile(0.99), cpu: cpu / measured.length }, responses };
}

export type Sample = Awaited<ReturnType<typeof runLoad>>["sample"];

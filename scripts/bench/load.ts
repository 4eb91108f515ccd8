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
export async function runLoad(server: Server, { connections, status }: Case, calls: readonly Call[], pace: Pace) {
  const share = Math.max(1, Math.floor(calls.length / connections));
  let [connected, responses, problem] = [0, 0, ""];
  let latencies: number[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const options: autocannon.Options = {
    ...{ url: server.origin, connections, duration: 60, bailout: 1, sampleInt: 20 },
    setupClient(client) {
      const first = connected++;
      const own = Array.from({ length: share }, (_, index) => calls[(first + index * connections) % calls.length]);
      client.setRequests(own.map((call) => ({ ...call })));
    },
  };
  // autocannon's own statistics have a resolution of 1 ms and include the warm-up.
  const run = autocannon(options, () => resolve());
  run.on("response", (_client, actual, _bytes, milliseconds) => {
    responses++;
    latencies.push(milliseconds);
    if (actual !== status) problem ||= `status ${actual} instead of ${status}`;
  });
  run.on("reqError", ({ message }) => {
    problem ||= message;
  });

  await Bun.sleep(pace.warmupMs);
  const before = await server.cpuTime();
  const began = performance.now();
  latencies = [];
  await Bun.sleep(pace.measureMs);
  const elapsed = performance.now() - began;
  const measured = latencies.toSorted((one, other) => one - other);
  const cpu = (await server.cpuTime()) - before;
  run.stop();
  await ended;
  const { length } = measured;
  if (problem || length === 0) throw new Error(problem || "no response in time");
  const quantile = (part: number) => measured[Math.floor((length - 1) * part)] ?? 0;
  // Responses per second, latencies in ms, and CPU time per response in µs.
  const value = (length * 1000) / elapsed;
  return { sample: { value, p50: quantile(0.5), p99: quantile(0.99), cpu: cpu / length }, responses };
}

export type Sample = Awaited<ReturnType<typeof runLoad>>["sample"];

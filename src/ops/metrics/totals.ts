import { AggregatorRegistry, Registry } from "prom-client";
import type { Reply } from "../questions.ts";
import type { Snapshot } from "./snapshot.ts";

/** Adds up snapshots, each metric as it says. */
export const addUp = (snapshots: Snapshot[]): Promise<Snapshot> =>
  AggregatorRegistry.aggregate(snapshots).getMetricsAsJSON() as Promise<Snapshot>;

/** What OpenMetrics ends with. */
const END = "# EOF\n";

const isCount = ({ type }: Snapshot[number]) => ["counter", "histogram"].includes(String(type));

/**
 * Returns what adds up the metrics of several processes. A count never falls when a process ends or does not answer, which
 * would look like a restart, and its next value like a burst: the last known counts of such a process stay included.
 */
export function createTotals() {
  const last = new Map<number, Snapshot>();
  let ended = Promise.resolve<Snapshot>([]);

  return async function total(replies: readonly Reply<Snapshot>[]): Promise<Snapshot> {
    for (const { pid, value } of replies) if (value) last.set(pid, value);
    for (const [pid, snapshot] of last) {
      if (replies.some((reply) => reply.pid === pid)) continue;
      last.delete(pid);
      ended = ended.then((before) => addUp([before, snapshot.filter(isCount)]));
    }
    const counts = replies.map(({ pid, value }) => value ?? last.get(pid)?.filter(isCount) ?? []);
    const parts = [...counts, await ended].filter((part) => part.length > 0);
    return parts.length === 1 ? (parts[0] ?? []) : addUp(parts);
  };
}

/**
 * Returns metrics as text, in OpenMetrics for a request that prefers it. Other requests run in between: all of it takes
 * ten milliseconds.
 */
export async function textResponse(snapshot: Snapshot, request: Request): Promise<Response> {
  const type = /application\/openmetrics-text/.test(request.headers.get("accept") ?? "")
    ? Registry.OPENMETRICS_CONTENT_TYPE
    : Registry.PROMETHEUS_CONTENT_TYPE;
  let text = "";
  for (const metric of snapshot) {
    const registry = new Registry();
    registry.setContentType(type as typeof Registry.PROMETHEUS_CONTENT_TYPE);
    // prom-client renames counters for OpenMetrics, and must find the new name again.
    const entry = { ...metric, get: () => entry };
    registry.registerMetric(entry as never);
    text += (await registry.metrics()).replace(END, "");
    await new Promise(setImmediate);
  }
  return new Response(type === Registry.OPENMETRICS_CONTENT_TYPE ? text + END : text, {
    headers: { "content-type": type },
  });
}

import type { Case } from "./cases.ts";
import type { Dataset } from "./dataset.ts";
import { type Pace, runLoad, type Sample } from "./load.ts";
import { median, type Name, type Row } from "./report.ts";
import type { Server } from "./server.ts";

/** Measures running servers in rounds, each in its turn, so that noise affects all of them alike. */
export async function measureCase(each: Case, fleet: ReadonlyMap<Name, Server>, dataset: Dataset, pace: Pace) {
  const row: Row = { name: each.name, title: each.title, results: {} };
  const turns = [...fleet].map(([name, server]) => {
    return { name, server, calls: each.calls(dataset), samples: [] as Sample[] };
  });
  for (const turn of Array<typeof turns>(pace.rounds).fill(turns).flat()) {
    if (row.results[turn.name]?.problem) continue;
    try {
      const { sample, responses } = await runLoad(turn.server, each, turn.calls, pace, each.beside?.(dataset) ?? []);
      turn.calls.push(...turn.calls.splice(0, responses % turn.calls.length));
      turn.samples.push(sample);
      const of = (field: keyof Sample) => median(turn.samples.map((taken) => taken[field]));
      row.results[turn.name] = { value: of("value"), p50: of("p50"), p99: of("p99"), cpu: of("cpu") };
    } catch (error) {
      row.results[turn.name] = { problem: (error as Error).message };
    }
  }
  return row;
}

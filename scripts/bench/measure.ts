import type { Case } from "./cases.ts";
import type { Dataset } from "./dataset.ts";
import { type Pace, runLoad, type Sample } from "./load.ts";
import { median, type Name, type Row } from "./report.ts";
import type { Server } from "./server.ts";

/** The servers of one row: all run at once, to be measured in turn. */
type Fleet = ReadonlyMap<Name, Server>;

/** Measures in rounds in which every server has its turn, so that noise affects all of them alike. */
export async function measureCase(each: Case, fleet: Fleet, dataset: Dataset, pace: Pace): Promise<Row> {
  const row: Row = { name: each.name, title: each.title, results: {} };
  const turns = [...fleet].map(([name, server]) => {
    return { name, server, calls: each.calls(dataset), samples: [] as Sample[] };
  });
  for (const turn of repeat(turns, pace.rounds)) {
    if (row.results[turn.name]?.problem) continue;
    try {
      const { sample, responses } = await runLoad(turn.server, each, turn.calls, pace);
      const next = responses % turn.calls.length;
      turn.calls = [...turn.calls.slice(next), ...turn.calls.slice(0, next)];
      turn.samples.push(sample);
      const of = (field: keyof Sample) => median(turn.samples.map((taken) => taken[field]));
      row.results[turn.name] = { value: of("value"), p50: of("p50"), p99: of("p99"), cpu: of("cpu") };
    } catch (error) {
      row.results[turn.name] = { problem: (error as Error).message };
    }
  }
  return row;
}

const repeat = <Item>(items: Item[], times: number) => Array<Item[]>(times).fill(items).flat();

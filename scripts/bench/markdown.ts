import { figure, type Result, type Results, type Row, ratio, resultOf } from "./results.ts";
import { LABELS, NAMES, type Name } from "./variants.ts";

/** @returns the table as README.md can take it, with what it was measured on */
export function markdown({ machine, rows, notes, postgres, quick }: Results): string {
  const names = NAMES.filter((name) => rows.some((row) => resultOf(row, name)?.value !== undefined));
  const heads = [
    "what is asked",
    ...names.map((name) => LABELS[name]),
    "× floor",
    "× peer",
    "p50 / p99 ms",
    "memory MB",
    "CPU µs (floor, peer)",
  ];
  const lines = rows.map((row) => [
    `${row.says} (\`${row.name}\`)`,
    ...names.map((name) => value(row, name)),
    times(ratio(row, "taskflow", "floor")),
    times(ratio(row, "taskflow", "peer")),
    latency(resultOf(row, "taskflow")),
    row.unit === "req/s" ? figure(resultOf(row, "taskflow")?.memory) : "–",
    cpu(row),
  ]);
  const table = [heads, heads.map((_, index) => (index === 0 ? "---" : "--:")), ...lines];
  return [
    ...table.map((cells) => `| ${cells.join(" | ")} |`),
    "",
    `Answers a second unless a unit is named, medians${quick ? " (`--quick`: one short round)" : ""}; the last five columns are about TaskFlow with one process on SQLite, and above 1 is better. ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}; Bun ${machine.bun}, Node ${machine.node}${postgres ? `, PostgreSQL ${postgres}` : ""}. ${machine.pinned ? "Server and load had a core each." : "Server and load shared the cores."}`,
    ...(notes.length > 0 ? [""] : []),
    ...notes.map((note) => `- ${note}`),
  ].join("\n");
}

function value(row: Row, name: Name): string {
  const result = resultOf(row, name);
  if (result?.value === undefined) return result?.problem ? "✗" : "–";
  return row.unit === "req/s" ? figure(result.value) : `${figure(result.value)} ${row.unit}`;
}

const times = (value: number | undefined) => (value === undefined ? "–" : value.toFixed(2));

function cpu(row: Row): string {
  const [own, floor, peer] = (["taskflow", "floor", "peer"] as const).map((name) => resultOf(row, name)?.cpu);
  return own === undefined ? "–" : `${figure(own)} (${figure(floor)}, ${figure(peer)})`;
}

const latency = (result: Result | undefined) =>
  result?.p50 === undefined ? "–" : `${figure(result.p50)} / ${figure(result.p99)}`;

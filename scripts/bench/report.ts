import { cpus, release, type } from "node:os";
import { $ } from "zx";
import type { Sample } from "./load.ts";

export type Name = "floor" | "taskflow" | "peer";

const LABELS: Record<Name, string> = { floor: "Bare Bun + SQLite", taskflow: "TaskFlow", peer: "Fastify on Node" };

/** The medians of one server's samples, or why there are none. */
type Result = Partial<Sample> & { readonly problem?: string };

export interface Row {
  readonly name: string;
  readonly title: string;
  readonly results: Partial<Record<Name, Result>>;
}

/** Returns the rows as a Markdown table. */
export function formatTable(rows: readonly Row[], names: readonly Name[]): string {
  const lines = rows.map((row) => {
    const { taskflow, floor, peer } = row.results;
    return [
      `${row.title} (\`${row.name}\`)`,
      ...names.map((name) => formatResult(row, name)),
      ...(["floor", "peer"] as const).map((name) => formatRatio(row, name)),
      taskflow?.p50 === undefined ? "–" : `${figure(taskflow.p50)} / ${figure(taskflow.p99)}`,
      taskflow?.cpu ? `${figure(taskflow.cpu)} (${figure(floor?.cpu)}, ${figure(peer?.cpu)})` : "–",
    ];
  });
  const labels = names.map((name) => LABELS[name]);
  const heads = ["Measured", ...labels, "× floor", "× peer", "p50 / p99 ms", "CPU µs (floor, peer)"];
  return [heads, ["---", ...heads.slice(1).fill("--:")], ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

export const formatResult = ({ results }: Row, name: Name) =>
  results[name]?.problem === undefined ? figure(results[name]?.value) : "failed";

/** Above 1, TaskFlow is better. */
function formatRatio({ results }: Row, other: Name): string {
  const ratio = (results.taskflow?.value ?? 0) / (results[other]?.value ?? 0);
  return ratio > 0 && ratio < Infinity ? ratio.toFixed(2) : "–";
}

export async function describeMachine(): Promise<string> {
  const node = (await $({ quiet: true, nothrow: true })`node --version`).stdout.trim() || "none";
  return `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${type()} ${release()}; Bun ${Bun.version}, Node ${node}.`;
}

export const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;

/** Three digits: more would be noise. */
const figure = (value: number | undefined) => value?.toLocaleString("en", { maximumSignificantDigits: 3 }) ?? "–";

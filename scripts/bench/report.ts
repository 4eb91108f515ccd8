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
  const columns = names.map((name) => LABELS[name]);
  const heads = ["Measured", ...columns, "× floor", "× peer", "p50 / p99 ms", "CPU µs (floor, peer)"];
  const rule = heads.map((_, index) => (index === 0 ? "---" : "--:"));
  return [heads, rule, ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

export function formatResult({ results }: Row, name: Name): string {
  const { value, problem } = results[name] ?? {};
  if (problem !== undefined) return "failed";
  return figure(value);
}

/** Above 1, TaskFlow is better. */
function formatRatio({ results }: Row, other: Name): string {
  const [own, theirs] = [results.taskflow?.value, results[other]?.value];
  if (!own || !theirs) return "–";
  return (own / theirs).toFixed(2);
}

export async function describeMachine(): Promise<string> {
  const node = (await $({ quiet: true, nothrow: true })`node --version`).stdout.trim() || "none";
  return `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${type()} ${release()}; Bun ${Bun.version}, Node ${node}.`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

/** Three digits: more would be noise. */
const figure = (value: number | undefined) => value?.toLocaleString("en", { maximumSignificantDigits: 3 }) ?? "–";

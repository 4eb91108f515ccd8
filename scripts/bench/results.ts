import type { Machine } from "./machine.ts";
import type { Name } from "./variants.ts";

export type Unit = "req/s" | "ms" | "MB";

/** What one variant made of one case, in the median over the rounds. */
export interface Result {
  readonly variant: Name;
  readonly value?: number;
  readonly p50?: number;
  readonly p99?: number;
  /** Megabytes held right after the case. */
  readonly memory?: number;
  /**
   * Microseconds of a core that the server used for an answer. Says more than the rate on a machine that does
   * something else too.
   */
  readonly cpu?: number;
  /** What went wrong: there is no value then. */
  readonly problem?: string;
  /** Why there was nothing to measure. */
  readonly skipped?: string;
}

export interface Row {
  readonly name: string;
  readonly says: string;
  readonly unit: Unit;
  readonly results: Result[];
}

export interface Results {
  readonly when: string;
  readonly commit: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly postgres: string | undefined;
  /** What a reader has to know: what was left out, what may mislead. */
  readonly notes: string[];
  readonly rows: Row[];
}

export const resultOf = (row: Row, name: Name) => row.results.find(({ variant }) => variant === name);

/** How many times as good one is as the other: as many answers, or half the time or memory. */
export function ratio(row: Row, name: Name, to: Name): number | undefined {
  const [one, other] = [resultOf(row, name)?.value, resultOf(row, to)?.value];
  if (!one || !other || name === to) return undefined;
  return row.unit === "req/s" ? one / other : other / one;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  return Number.isInteger(middle)
    ? ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
    : (sorted[Math.floor(middle)] ?? 0);
}

/** Three digits are more than the noise allows. */
export function figure(value: number | undefined): string {
  if (value === undefined) return "–";
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

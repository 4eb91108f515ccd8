const UNITS = ["B", "kB", "MB", "GB", "TB"];
const SPANS = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
] as const;

/** Returns a size such as `1.2 GB`. */
export function inBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : 1)} ${UNITS[power]}`;
}

/** Returns a time span in its largest unit, such as `3 hours`. */
export function inWords(seconds: number): string {
  const [unit, length] = SPANS.find(([, each]) => seconds >= each) ?? (["second", 1] as const);
  const count = Math.floor(seconds / length);
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** Returns a number with as many digits as it needs: 0.25, 2.5, 1,250. */
export const inDigits = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: value >= 100 ? 0 : value >= 10 ? 1 : 2 });

/** Returns seconds as `12 ms` or `1.5 s`. */
export const inSeconds = (seconds: number): string =>
  seconds < 1 ? `${inDigits(seconds * 1000)} ms` : `${inDigits(seconds)} s`;

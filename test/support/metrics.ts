import { type Program, startProgram } from "./program.ts";

/** The metrics of a program at one moment: the value of each series, by its name and labels as they are written. */
export type Metrics = ReadonlyMap<string, number>;

const LINE = /^([a-z_:][\w:]*(?:\{[^{}]*\})?) (\S+)$/i;

/** Starts the program with metrics on a free port. @param environment as of `startProgram` */
export async function startMeasured(environment: Record<string, string> = {}, args: string[] = []) {
  const program = await startProgram({ METRICS_PORT: "0", ...environment }, args);
  return Object.assign(program, { operations: await operationsOf(program) });
}

/** Returns the address at which operators look at a program. */
export const operationsOf = async (program: Program): Promise<string> =>
  (await program.waitFor(/Metrics are at (http:\/\/[^\s"]+)\/metrics/))[1] ?? "";

/** Reads the metrics. @throws Error for a line that is no sample or comment of the text format */
export async function readMetrics(operations: string): Promise<Metrics> {
  const response = await fetch(`${operations}/metrics`);
  const samples = (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("# "));
  return new Map(
    samples.map((line): [string, number] => {
      const [, series = "", value = ""] = LINE.exec(line) ?? [];
      if (series === "" || Number.isNaN(Number(value.replace("Inf", "Infinity"))))
        throw new Error(`not a sample: ${line}`);
      return [series, Number(value)];
    }),
  );
}

/** Returns the sum of the series with a name and labels, such as `requests{method="GET"`. */
export function sumOf(metrics: Metrics, name: string, ...labels: string[]): number {
  const found = [...metrics].filter(
    ([series]) => series.split("{")[0] === name && labels.every((label) => series.includes(label)),
  );
  return found.reduce((sum, [, value]) => sum + value, 0);
}

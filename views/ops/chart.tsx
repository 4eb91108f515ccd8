const HOUR_MS = 60 * 60 * 1000;
const WIDTH = 360;
const HEIGHT = 60;

interface Point {
  /** Unix time in milliseconds. */
  readonly at: number;
  /** Undefined for a gap. */
  readonly value: number | undefined;
}

interface ChartProps {
  title: string;
  points: readonly Point[];
  format: (value: number) => string;
  /** Whether more than nothing is bad. */
  isBad?: boolean;
}

/** Draws the last hour, from nothing up to the highest value. */
export function Chart({ title, points, format, isBad = false }: ChartProps) {
  const values = points.flatMap(({ value }) => value ?? []);
  const highest = Math.max(0, ...values);
  const now = points.at(-1)?.value;
  const summary = values.length === 0 ? "no data yet" : `at most ${format(highest)}`;
  return (
    <figure class="chart" data-bad={isBad && highest > 0 ? "" : undefined}>
      <figcaption>
        <h2 safe>{title}</h2>
        <strong safe>{now === undefined ? "–" : format(now)}</strong>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title} in the last hour: ${summary}`}
      >
        {runsOf(points).map((run) => {
          const line = lineOf(run, highest, points.at(-1)?.at ?? 0);
          return (
            <>
              <path
                class="chart-area"
                d={`M${line.at(0)?.[0]},${HEIGHT}L${line.join("L")}L${line.at(-1)?.[0]},${HEIGHT}Z`}
              />
              <path class="chart-line" d={`M${line.join("L")}`} />
            </>
          );
        })}
      </svg>
      <p>
        <span>1 hour ago</span> <span safe>{summary}</span> <span>now</span>
      </p>
    </figure>
  );
}

/** Returns the parts without gaps. */
function runsOf(points: readonly Point[]): Point[][] {
  const runs: Point[][] = [[]];
  for (const point of points)
    if (point.value === undefined) runs.push([]);
    else runs.at(-1)?.push(point);
  return runs.filter((run) => run.length > 0);
}

function lineOf(run: readonly Point[], highest: number, end: number): [x: number, y: number][] {
  const round = (value: number) => Math.round(value * 10) / 10;
  const line = run.map(({ at, value = 0 }): [number, number] => [
    round(WIDTH * (1 - (end - at) / HOUR_MS)),
    round(HEIGHT - 1 - (HEIGHT - 3) * (highest === 0 ? 0 : value / highest)),
  ]);
  // A single point is still visible.
  const [x, y] = line[0] ?? [0, 0];
  return line.length > 1
    ? line
    : [
        [x - 2, y],
        [x, y],
      ];
}

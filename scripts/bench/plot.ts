import { figure, type Results, type Row, resultOf } from "./results.ts";
import { LABELS, NAMES, type Name } from "./variants.ts";

const WIDTH = 900;
const LEFT = 275;
const RIGHT = 110;
const BAR = 13;
const GAP = 22;
const TOP = 88;
/** Told apart by lightness too, for whoever sees colours otherwise. */
const COLOURS: Record<Name, string> = {
  floor: "#9aa5b1",
  taskflow: "#1d4ed8",
  workers: "#60a5fa",
  postgres: "#0f766e",
  peer: "#d97706",
};

/** @returns bars as SVG: each case on a scale of its own, as sign-ins and files have no scale in common */
export function plot({ machine, rows }: Results): string {
  const drawn = rows.filter((row) => row.results.some(({ value }) => value !== undefined));
  const names = NAMES.filter((name) => drawn.some((row) => resultOf(row, name)?.value !== undefined));
  let y = TOP;
  const groups = drawn.map((row) => {
    const bars = names.filter((name) => resultOf(row, name)?.value !== undefined);
    const group = drawRow(row, bars, y);
    y += bars.length * BAR + GAP;
    return group;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" font-family="system-ui, sans-serif" font-size="12" fill="#1f2933">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="16" y="28" font-size="17" font-weight="600">TaskFlow's speed beside a floor and a peer</text>
<text x="16" y="47" fill="#52606d">${escaped(`${machine.cpu}, ${machine.cores} cores, Bun ${machine.bun}. Each group has its own scale; ms and MB: shorter is better.`)}</text>
${legend(names)}
${groups.join("\n")}
</svg>
`;
}

function legend(names: readonly Name[]): string {
  return names
    .map((name, index) => {
      const x = 16 + index * 172;
      return `<rect x="${x}" y="60" width="12" height="12" rx="2" fill="${COLOURS[name]}"/><text x="${x + 18}" y="70">${escaped(LABELS[name])}</text>`;
    })
    .join("");
}

function drawRow(row: Row, names: readonly Name[], y: number): string {
  const most = Math.max(...names.map((name) => resultOf(row, name)?.value ?? 0)) || 1;
  const middle = y + (names.length * BAR) / 2;
  const bars = names.map((name, index) => {
    const value = resultOf(row, name)?.value ?? 0;
    const width = Math.max(1, (value / most) * (WIDTH - LEFT - RIGHT)).toFixed(1);
    const top = y + index * BAR;
    return `<rect x="${LEFT}" y="${top}" width="${width}" height="${BAR - 2}" rx="2" fill="${COLOURS[name]}"/><text x="${LEFT + Number(width) + 6}" y="${top + 10}" font-size="11">${figure(value)}</text>`;
  });
  return `<text x="${LEFT - 12}" y="${middle - 2}" text-anchor="end" font-weight="600">${escaped(row.name)} <tspan font-weight="400" fill="#52606d">${row.unit}</tspan></text><text x="${LEFT - 12}" y="${middle + 12}" text-anchor="end" font-size="11" fill="#52606d">${escaped(row.says)}</text>${bars.join("")}`;
}

const escaped = (text: string) => Bun.escapeHTML(text);

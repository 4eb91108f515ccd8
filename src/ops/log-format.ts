import { fstatSync } from "node:fs";
import type { Line } from "./logging.ts";

/** Returns whether standard output is a terminal. `node:tty` would take memory. */
export function isTerminal(): boolean {
  try {
    return fstatSync(1).isCharacterDevice();
  } catch {
    return false;
  }
}

/** ANSI colors, by their usual names. */
const COLORS = { red: 31, green: 32, yellow: 33, cyan: 36, gray: 90 } as const;
type Color = keyof typeof COLORS;

const LEVEL_COLORS: Record<string, Color> = { DEBUG: "gray", INFO: "green", WARN: "yellow", ERROR: "red" };

/** Returns a line of the log for people who read it in a terminal. */
export function readableLine({ timestamp, severity_text, body, ...fields }: Line, colors: boolean): string {
  const paint = (color: Color, text: string) => (colors ? `\x1b[${COLORS[color]}m${text}\x1b[39m` : text);
  const { text, rest } = "http.request.method" in fields ? requestText(fields, paint) : { text: body, rest: fields };
  const details = Object.entries(rest)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => paint("gray", `${name}=${value}`));
  const level = paint(LEVEL_COLORS[severity_text] ?? "gray", severity_text.padEnd(5));
  return `${[paint("gray", timestamp.slice(11, 23)), level, text, ...details].join("  ")}\n`;
}

/** Puts a request as people say it: `GET /tasks 200 1.2 ms`. */
function requestText(
  {
    "http.request.method": method,
    "url.path": path,
    "http.response.status_code": status,
    "http.server.request.duration": seconds,
    "http.route": _,
    ...rest
  }: Omit<Line, "timestamp" | "severity_text" | "body">,
  paint: (color: Color, text: string) => string,
) {
  const color: Color = Number(status) >= 500 ? "red" : Number(status) >= 400 ? "yellow" : "cyan";
  const ms = (Number(seconds) * 1000).toFixed(1);
  return { text: `${method} ${path} ${paint(color, String(status))} ${ms} ms`, rest };
}

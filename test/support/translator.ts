import { type Client, signUp } from "./client.ts";
import { changesOf } from "./tasks.ts";

/** A request, with `{t3}` for the id of task 3, `{c3}` for that of change 3 and `{p3}` for the cursor of page 3. */
export interface ModelRequest {
  readonly method?: string;
  readonly path: string;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
const UNKNOWN = { t: "019aab2c-7f3e-7000-8b2a-3d5e6f708192", c: 999_999_999, p: "" };

/**
 * Returns how to send requests of a model from a new account. In responses, ids and cursors are named in the order of
 * their appearance (`t3`, `c3`, `p3`) and times after their step (`@3`), so that servers can be compared with the model
 * and with each other.
 */
export async function createTranslator(url: string) {
  const client: Client = await signUp(url);
  const [newest] = await changesOf(client);
  const ids: { t: string[]; c: number[]; p: string[] } = { t: [], c: [], p: [] };
  const names = new Map<unknown, string>([
    [newest?.entityId, "me"],
    [newest?.id, "c-1"],
  ]);
  const named = (value: unknown, name: () => string) => {
    const known = names.get(value) ?? name();
    names.set(value, known);
    return known;
  };

  const starts: number[] = [];
  const stepAt = (time: string) => starts.findLastIndex((start) => start <= Date.parse(time));
  const translate = (text: string): unknown =>
    JSON.parse(text, (key, value) => {
      if (key === "requestId") return undefined;
      if (key === "nextCursor" && value !== null) return `p${ids.p.push(value) - 1}`;
      if (typeof value === "number") return ["id", "actionId", "undoes"].includes(key) ? names.get(value) : value;
      if (UUID.test(value)) return named(value, () => `t${ids.t.push(value) - 1}`);
      return TIME.test(value) ? `@${stepAt(value)}` : value;
    });

  /**
   * Sends a request.
   * @param step its number. Each step has to begin in a millisecond of its own
   * @returns the response, and the newest changes of the log, this many
   */
  return async function send({ method = "GET", path, json, headers }: ModelRequest, step: number, changes: number) {
    starts[step] = Date.now();
    const fill = (text: string) =>
      text.replace(/\{([tcp])(\d+)\}/g, (_, kind: "t" | "c" | "p", number) => `${ids[kind][number] ?? UNKNOWN[kind]}`);
    const response = await client.send(fill(path), {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(json !== undefined && { body: fill(JSON.stringify(json)) }),
    });
    const log = (await changesOf(client, `?limit=${changes}`)).reverse();
    for (const { id } of log) named(id, () => `c${ids.c.push(id) - 1}`);
    const change = response.headers.get("taskflow-change");
    return {
      status: response.status,
      version: response.headers.get("etag")?.match(/^"(\d+)"$/)?.[1],
      change: change === null ? null : names.get(Number(change)),
      body: translate((await response.text()) || "null"),
      log: translate(JSON.stringify(log)),
    };
  };
}

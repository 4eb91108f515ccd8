import type { Account, Dataset } from "./dataset.ts";
import { median, type Row } from "./report.ts";
import type { Starters } from "./starters.ts";

/** For each account, which may have 50. */
const STREAMS = 40;
const ROUNDS = 5;

/**
 * Opens live streams of TaskFlow, then creates a task in every account, several times. Measures the time until the last
 * stream has its event.
 * @throws Error when a stream is refused or misses an event
 */
export async function measureStreams(starters: Starters, { writer, readers }: Dataset): Promise<Row> {
  const accounts = [writer, ...readers];
  const { origin = "", stop } = (await starters.get("taskflow")?.("base")) ?? {};
  const signal = AbortSignal.timeout(30_000);
  async function follow({ headers }: Account) {
    const { body, status } = await fetch(`${origin}/api/events`, { headers, signal });
    if (status !== 200 || !body) throw new Error(`a live stream was refused with ${status}`);
    return eventsOf(body);
  }
  const streams = await Promise.all(accounts.flatMap((account) => Array(STREAMS).fill(account).map(follow)));
  const delays: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    const received = Promise.all(streams.map((events) => events.next())).then(() => performance.now() - began);
    const written = accounts.map((account) => {
      const headers = { ...account.headers, "content-type": "application/json" };
      return fetch(`${origin}/api/tasks`, { method: "POST", headers, body: '{"title":"Tell everyone"}', signal });
    });
    delays.push(await received);
    await Promise.all(written);
  }
  await stop?.();
  const title = `Write in ${accounts.length} accounts until ${streams.length} live streams have the event`;
  return { name: "streams", title, unit: "ms", results: { taskflow: { value: median(delays) } } };
}

/** Yields events, but not the comments that keep a connection alive. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    const events = (text + decoder.decode(chunk, { stream: true })).split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) if (/^(data|event):/m.test(event)) yield event;
  }
}

import type { Change, Sender } from "./tasks.ts";

/** A server-sent event. */
export interface ServerEvent {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** An open live stream, which is read continuously. */
export interface Feed extends AsyncDisposable {
  readonly response: Response;
  /** Every event so far. */
  readonly events: readonly ServerEvent[];
  /** Heartbeats so far. */
  readonly comments: readonly string[];
  /** The numbers of the changes so far, in order of arrival. */
  ids(): number[];
  /** Waits until a condition is true for the events so far. */
  until(found: (feed: Feed) => boolean): Promise<void>;
  /** Resolves when the server closes the stream. */
  readonly closed: Promise<void>;
}

/** Opens a live stream. @throws Error if the response is not a stream */
export async function follow(
  sender: Sender,
  { after, lastEventId }: { after?: number; lastEventId?: string } = {},
): Promise<Feed> {
  const leaving = new AbortController();
  const response = await sender.send(`/api/events${after === undefined ? "" : `?after=${after}`}`, {
    signal: leaving.signal,
    headers: lastEventId === undefined ? {} : { "last-event-id": lastEventId },
  });
  if (!response.ok || !response.body)
    throw new Error(`/api/events returned ${response.status}: ${await response.text()}`);

  const events: ServerEvent[] = [];
  const comments: string[] = [];
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  let ended = false;
  const { body } = response;

  const closed = (async () => {
    let text = "";
    const decoder = new TextDecoder();
    try {
      for await (const chunk of body) {
        text += decoder.decode(chunk, { stream: true });
        const blocks = text.split("\n\n");
        text = blocks.pop() ?? "";
        for (const block of blocks) take(block);
        wake();
      }
    } catch {
      // Closed by this side or by the server.
    }
    ended = true;
    wake();
  })();

  function take(block: string) {
    const fields = new Map(
      block.split("\n").map((line) => {
        const [name = "", ...value] = line.split(": ");
        return [name, value.join(": ")];
      }),
    );
    if (fields.has("")) comments.push(block);
    const [event, id, data] = [fields.get("event"), fields.get("id"), fields.get("data")];
    if (event !== undefined) events.push({ event, id: id ?? "", data: data ?? "" });
  }

  const feed: Feed = {
    response,
    events,
    comments,
    ids: () => events.filter(({ event }) => event === "change").map(({ data }) => (JSON.parse(data) as Change).id),
    async until(found) {
      while (!found(feed)) {
        if (ended) throw new Error(`the stream ended after ${JSON.stringify(events.slice(-5))}`);
        await new Promise<void>((resolve) => waiting.add(resolve));
      }
    },
    closed,
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await closed;
    },
  };
  return feed;
}

/** Returns a condition: whether a change has arrived. */
export const has = (id: number) => (feed: Feed) => feed.ids().includes(id);

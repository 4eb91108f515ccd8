const HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" };
/** Clients reconnect this long after a connection was lost. */
const RETRY_MS = 1000;
/** Chunks that may wait for a slow client. */
const BUFFERED = 8;

/** The sending end of a stream. */
export interface Outlet {
  /** Sends text in the format of server-sent events. */
  send(text: string): void;
  /** Returns whether the client has read what was sent so far. */
  ready(): boolean;
  close(): void;
}

/** The source of a stream, told about its client. */
export interface Source {
  /** Called when the client can take more. */
  ready(): void;
  /** Called once the client has disconnected. */
  gone(): void;
}

/** Returns the response to HEAD. Elysia's own would read the stream to its end. */
export const eventStreamHead = () => new Response(null, { headers: HEADERS });

/** Returns a response of server-sent events (HTML standard, section 9.2). */
export function eventStream(open: (outlet: Outlet) => Source): Response {
  const encoder = new TextEncoder();
  let source: Source | undefined;
  let disconnected = false;
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const ready = () => (controller.desiredSize ?? 0) > 0;
        controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
        source = open({
          send: (text) => controller.enqueue(encoder.encode(text)),
          ready,
          close() {
            if (disconnected) return;
            // A client that reads nothing would not read the end either: cut the connection.
            if (ready()) controller.close();
            else controller.error(new Error("the client does not read"));
          },
        });
      },
      pull: () => source?.ready(),
      cancel() {
        disconnected = true;
        source?.gone();
      },
    },
    { highWaterMark: BUFFERED },
  );
  return new Response(body, { headers: HEADERS });
}

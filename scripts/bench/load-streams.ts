import type { Socket } from "bun";
import { AnswerReader } from "./answer-reader.ts";
import type { Opened, Watch, Watched } from "./load-jobs.ts";

const PATIENCE_MS = 10_000;

interface Stream {
  /** What has come since the last write; an event may arrive in pieces. */
  text: string;
  open: boolean;
}

/**
 * Opens the streams, tells so, waits for a word to go on, then writes once a second and times the last one told.
 * @throws Error when a stream is refused, or not told in time
 */
export async function watchStreams({ port, streams, requests, writes }: Watch): Promise<Watched> {
  let told = 0;
  let opened = 0;
  let failure: string | undefined;
  const sockets: Socket<Stream>[] = [];
  const fail = (problem: string) => {
    failure ??= problem;
  };

  for (let each = 0; each < streams; each++) {
    const socket = await Bun.connect<Stream>({
      hostname: "127.0.0.1",
      port,
      data: { text: "", open: false },
      socket: {
        open: (socket) => void socket.write(requests[each % requests.length] ?? ""),
        data(socket, chunk) {
          const stream = socket.data;
          const before = stream.text;
          stream.text = before + chunk.toString("latin1");
          if (!stream.open && stream.text.includes("\r\n\r\n")) {
            if (!stream.text.startsWith("HTTP/1.1 200")) fail(`a stream was refused: ${stream.text.slice(0, 40)}`);
            stream.open = true;
            opened++;
          } else if (stream.open && !isEvent(before) && isEvent(stream.text)) told++;
        },
        close: () => fail("the server closed a stream"),
        error: (_, error) => fail(error.message),
      },
    });
    sockets.push(socket);
  }
  await until(() => opened === streams, "not every stream opened");
  process.send?.({ opened } satisfies Opened);
  await new Promise((resolve) => process.once("message", resolve));

  const delays: number[] = [];
  for (const round of writes) {
    told = 0;
    for (const { data } of sockets) data.text = "";
    const began = performance.now();
    await Promise.all(round.map((write) => send(port, write)));
    await until(
      () => told === streams,
      () => `only ${told} of ${streams} streams were told of a write`,
    );
    delays.push(performance.now() - began);
    await Bun.sleep(Math.max(0, 1000 - (performance.now() - began)));
  }
  for (const socket of sockets) socket.terminate();
  return { delays };

  async function until(reached: () => boolean, problem: string | (() => string)) {
    const end = performance.now() + PATIENCE_MS;
    while (!reached()) {
      if (performance.now() > end) fail(typeof problem === "string" ? problem : problem());
      if (failure) {
        for (const socket of sockets) socket.terminate();
        throw new Error(failure);
      }
      await new Promise(setImmediate);
    }
  }
}

/** A comment alone, as sent to keep a connection alive, tells nothing. */
const isEvent = (text: string) => /(^|\n)(data|event):/.test(text);

/** Does not wait for the answer: the streams may be told before it is there. */
async function send(port: number, write: string) {
  const reader = new AnswerReader();
  await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => void socket.write(write),
      data(socket, chunk) {
        if (reader.take(chunk)) socket.end();
      },
    },
  });
}

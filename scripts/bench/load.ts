/**
 * The load generator, a process of its own: raw sockets, one request at a time on each, requests built beforehand,
 * of the answers only status line and length read. Takes jobs over IPC.
 */
import type { Socket } from "bun";
import { AnswerReader } from "./answer-reader.ts";
import type { Drive, Driven, Job } from "./load-jobs.ts";
import { watchStreams } from "./load-streams.ts";

process.on("message", async (job: Job | { kind: "go" }) => {
  if (job.kind === "go") return; // watchStreams waits for it
  try {
    process.send?.(job.kind === "drive" ? await drive(job) : await watchStreams(job));
  } catch (error) {
    process.send?.({ failure: (error as Error).message });
  }
});

interface Client {
  readonly reader: AnswerReader;
  sentAt: number;
}

/** Keeps every connection busy for the given time, then waits for what is under way. */
async function drive({ port, connections, warmupMs, measureMs, requests, offset, status }: Drive): Promise<Driven> {
  const bytes = requests.map((request) => Buffer.from(request));
  const times: number[] = [];
  let next = offset;
  let failure: string | undefined;
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let open = connections;
  const from = performance.now() + warmupMs;
  const until = from + measureMs;

  function send(socket: Socket<Client>) {
    socket.data.sentAt = performance.now();
    socket.write(bytes[next++ % bytes.length] as Buffer);
  }
  function answered(socket: Socket<Client>) {
    const now = performance.now();
    const { reader, sentAt } = socket.data;
    if (reader.status !== status) failure ??= `status ${reader.status} instead of ${status}: ${reader.start}`;
    else if (now >= from && now < until) times.push(now - sentAt);
    if (failure || now >= until) socket.end();
    else send(socket);
  }

  for (let each = 0; each < connections; each++) {
    await Bun.connect<Client>({
      hostname: "127.0.0.1",
      port,
      data: { reader: new AnswerReader(), sentAt: 0 },
      socket: {
        open: send,
        data(socket, chunk) {
          if (socket.data.reader.take(chunk)) answered(socket);
        },
        close() {
          if (performance.now() < until) failure ??= "the server closed a connection";
          if (--open === 0) resolve();
        },
        error(_, error) {
          failure ??= error.message;
        },
      },
    });
  }
  await done;
  times.sort((one, other) => one - other);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { rate: times.length / (measureMs / 1000), p50: at(0.5), p99: at(0.99), next, failure };
}

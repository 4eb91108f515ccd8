import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";

/** A connection without a client's manners: what is written goes out byte for byte. */
export interface Connection extends Disposable {
  write(text: string): void;
  /** Everything that came back so far, once it matches. */
  waitFor(pattern: RegExp): Promise<string>;
  /** Everything that came back until the other side closed. */
  readonly closed: Promise<string>;
}

export async function openConnection(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let received = "";
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const resolve of waiting) resolve();
  };
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    wake();
  });
  // A reset is an end too: the other side may close while this one still has something to say.
  socket.on("error", wake);
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(received)));
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return {
    write: (text) => void socket.write(text),
    async waitFor(pattern) {
      while (!pattern.test(received)) {
        if (socket.destroyed) throw new Error(`the connection closed after ${JSON.stringify(received)}`);
        await Promise.race([new Promise<void>((resolve) => waiting.add(resolve)), closed]);
      }
      return received;
    },
    closed,
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Sends one request as it stands. @returns the answer's head, and what came with it */
export async function sendRaw(url: string, request: string): Promise<string> {
  using connection = await openConnection(url);
  connection.write(request);
  return await connection.waitFor(/\r\n\r\n/);
}

/** Takes a port of this machine, unless somebody has it already: taken it is, either way. */
export async function holdPort(port: number): Promise<AsyncDisposable> {
  const holder = createServer();
  const { promise, resolve } = Promise.withResolvers<void>();
  holder.once("error", () => resolve());
  holder.listen(port, "127.0.0.1", resolve);
  await promise;
  return {
    async [Symbol.asyncDispose]() {
      if (holder.listening) await new Promise((done) => holder.close(done));
    },
  };
}

/** @returns those of the clients' ports whose connection a server on this machine still holds (Linux, proc(5): net/tcp) */
export function establishedWith(serverPort: number, clients: readonly number[]): number[] {
  const portOf = (address = "") => Number.parseInt(address.split(":")[1] ?? "", 16);
  const rows = readFileSync("/proc/net/tcp", "utf8")
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return rows.flatMap(([, local, remote, state]) =>
    state === "01" && portOf(local) === serverPort && clients.includes(portOf(remote)) ? [portOf(remote)] : [],
  );
}

/** A way to a server that can forget the connections on it: they stay open, and nothing comes through. */
export interface Way extends Disposable {
  readonly url: string;
  forget(): void;
  /** Resolves once so many connections were made in all. */
  taken(count: number): Promise<void>;
}

/** @param to the address that the way leads to */
export async function startWay(to: string): Promise<Way> {
  const target = new URL(to);
  const all: { forgotten: boolean; end(): void }[] = [];
  let wake = () => {};
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const connection = {
      forgotten: false,
      end() {
        near.destroy();
        far.destroy();
      },
    };
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("data", (bytes) => connection.forgotten || into.write(bytes));
      from.on("error", () => {});
      from.on("close", () => connection.forgotten || into.destroy());
    }
    all.push(connection);
    wake();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = new URL(to);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    forget() {
      for (const connection of all) connection.forgotten = true;
    },
    async taken(count) {
      while (all.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
    [Symbol.dispose]() {
      server.close();
      for (const connection of all) connection.end();
    },
  };
}

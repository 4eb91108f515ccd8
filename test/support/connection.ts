import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";

/** A raw TCP connection, which sends text byte for byte. */
export interface Connection extends Disposable {
  write(text: string): void;
  /** Waits until the data received so far matches, and returns it. */
  waitFor(pattern: RegExp): Promise<string>;
  /** Resolves with all received data when the other side closes. */
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
  // The other side may close with a reset, if it has not read everything.
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

/** Sends a raw request. @returns the head of the response and what arrived with it */
export async function sendRaw(url: string, request: string): Promise<string> {
  using connection = await openConnection(url);
  connection.write(request);
  return await connection.waitFor(/\r\n\r\n/);
}

/** Makes sure that a port is in use, by this process if by no other. */
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

/** Returns the client ports with an open connection to a local server (Linux: /proc/net/tcp). */
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

/** A TCP forwarder that can stall: connections stay open, but pass no data. */
export interface Forwarder extends Disposable {
  readonly url: string;
  stall(): void;
  /** Waits until this many connections were opened in total. */
  waitForConnections(count: number): Promise<void>;
}

/** Starts a forwarder. @param to the URL of the server */
export async function startForwarder(to: string): Promise<Forwarder> {
  const target = new URL(to);
  const all: { stalled: boolean; end(): void }[] = [];
  let wake = () => {};
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const connection = {
      stalled: false,
      end() {
        near.destroy();
        far.destroy();
      },
    };
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("data", (bytes) => connection.stalled || into.write(bytes));
      from.on("error", () => {});
      from.on("close", () => connection.stalled || into.destroy());
    }
    all.push(connection);
    wake();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const url = new URL(to);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    stall() {
      for (const connection of all) connection.stalled = true;
    },
    async waitForConnections(count) {
      while (all.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
    [Symbol.dispose]() {
      server.close();
      for (const connection of all) connection.end();
    },
  };
}

/** A load balancer like a cluster's: requests go in turn to the backends that are ready. */
export interface Balancer extends Disposable {
  readonly url: string;
  add(backend: string): void;
  remove(backend: string): void;
  /** Resolves once the backend receives no more requests. */
  left(backend: string): Promise<void>;
}

const LOOK_MS = 200;

export function startBalancer(): Balancer {
  const backends = new Map<string, boolean>();
  let turn = 0;
  const look = async (backend: string) => {
    const answer = await fetch(`${backend}/readyz`).catch(() => undefined);
    if (backends.has(backend)) backends.set(backend, answer?.status === 200);
  };
  const timer = setInterval(() => {
    for (const backend of backends.keys()) void look(backend);
  }, LOOK_MS);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const ready = [...backends].filter(([, isReady]) => isReady).map(([backend]) => backend);
      const backend = ready[turn++ % ready.length];
      if (!backend) return new Response("no backend is ready", { status: 502 });
      const { pathname, search } = new URL(request.url);
      try {
        return await fetch(backend + pathname + search, {
          method: request.method,
          headers: request.headers,
          body: request.body === null ? null : await request.arrayBuffer(),
          redirect: "manual",
          decompress: false,
        });
      } catch (error) {
        return new Response((error as Error).message, { status: 502 });
      }
    },
  });
  return {
    url: server.url.origin,
    add: (backend) => void backends.set(backend, true),
    remove: (backend) => void backends.delete(backend),
    async left(backend) {
      while (backends.get(backend)) await look(backend);
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      void server.stop(true);
    },
  };
}

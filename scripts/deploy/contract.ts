import { ROOT } from "../lib/image.ts";
import type { Steps } from "../lib/script.ts";
import { type Entrance, isNameless } from "./entrance.ts";

/**
 * Runs the contract (test/contract), which signs up accounts of its own, against what the Ingress leads to.
 * @throws Problem with the specs' words when one fails
 */
export async function holdContract(steps: Steps, entrance: Entrance): Promise<void> {
  using proxy = !steps.dryRun && isNameless(entrance) ? naming(entrance) : undefined;
  const command = [process.execPath, `--cwd=${ROOT}`, "test", "--parallel", "test/contract"];
  await steps.run("Holding the contract", command, {
    environment: { TASKFLOW_URL: proxy?.url ?? entrance.url, CI: "" },
  });
}

/** A proxy that says the Ingress's name, which leads nowhere on most machines: the specs know an address only. */
function naming({ url, host }: Entrance): Disposable & { url: string } {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    // Nobody is there: the specs say so.
    error: () => new Response("", { status: 502 }),
    fetch(request) {
      const { pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      headers.set("host", host);
      return fetch(`${url}${pathname}${search}`, {
        method: request.method,
        headers,
        body: request.body,
        redirect: "manual",
        decompress: false,
        signal: request.signal,
      });
    },
  });
  return { url: server.url.origin, [Symbol.dispose]: () => void server.stop(true) };
}

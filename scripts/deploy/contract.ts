import { lookup } from "node:dns/promises";
import { join } from "node:path";
import { HOST } from "../lib/cluster.ts";
import { ROOT } from "../lib/image.ts";
import type { Steps } from "../lib/script.ts";

/**
 * Runs the contract (test/contract), which signs up accounts of its own, against what the Ingress leads to. Where the
 * Ingress's name leads nowhere on this machine, a small proxy says it.
 * @param url where the Ingress's controller is reached
 * @throws Problem with the specs' words when one fails
 */
export async function holdContract(steps: Steps, url: string): Promise<void> {
  using proxy = steps.dryRun ? undefined : await naming(url);
  const command = [process.execPath, "test", "--parallel", join(ROOT, "test", "contract")];
  await steps.run("Holding the contract", command, { environment: { TASKFLOW_URL: proxy?.url ?? url, CI: "" } });
}

async function naming(url: string): Promise<(Disposable & { url: string }) | undefined> {
  const { hostname } = new URL(url);
  if (hostname !== "127.0.0.1" && hostname !== "localhost") return undefined;
  const found = await lookup(HOST).catch(() => undefined);
  if (found?.address === "127.0.0.1") {
    const named = new URL(url);
    named.hostname = HOST;
    return { url: named.origin, [Symbol.dispose]() {} };
  }
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    // Nobody is there: the specs say so.
    error: () => new Response("", { status: 502 }),
    fetch(request) {
      const to = new URL(request.url);
      const headers = new Headers(request.headers);
      headers.set("host", HOST);
      return fetch(`${url}${to.pathname}${to.search}`, {
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

import { type Cluster, LOCAL } from "../lib/cluster.ts";
import { Problem, type Steps } from "../lib/script.ts";
import { find } from "./objects.ts";

/** Where a deployment is reached. */
export interface Endpoint {
  /** The origin that requests go to, with the path of the Ingress. */
  readonly url: string;
  /** The host of the Ingress. */
  readonly host: string;
  /** What people type into a browser. */
  readonly address: string;
}

const TIMEOUT_MS = 120_000;
const PAUSE_MS = 1000;

/**
 * Returns where a rendering is reached.
 * @param given the value of `--url`; else k3d's load balancer, or the host of the Ingress
 * @throws Problem for a rendering without a host when no URL is given
 */
export function endpointOf(yaml: string, { isLocal }: Cluster, given: string | undefined): Endpoint {
  if (given && !URL.canParse(given))
    throw new Problem(`--url: “${given}” is not a URL such as http://127.0.0.1:8080.`, 2);
  const { rules, tls } = find(yaml, "Ingress")?.spec ?? {};
  const host = rules?.[0]?.host ?? (given && new URL(given).hostname);
  if (!host) throw new Problem("The Ingress has no host. Use --url to say where TaskFlow is reached.");
  const path = (rules?.[0]?.http?.paths?.[0]?.path ?? "").replace(/\/$/, "");
  if (given || !isLocal) {
    const address = given ?? `${tls?.length ? "https" : "http"}://${host}${path}`;
    return { url: new URL(address).origin + path, host, address };
  }
  return { url: LOCAL.url + path, host, address: `http://${host}:${new URL(LOCAL.url).port}${path}` };
}

/**
 * Starts a proxy for an endpoint on this machine. It adds the host of the Ingress, which no name server may know.
 * @returns the URL to use; that of the endpoint if it needs no proxy
 */
export function hostProxy({ url, host }: Endpoint): Disposable & { readonly url: string } {
  const { hostname, origin } = new URL(url);
  if (hostname === host || !["127.0.0.1", "localhost", "[::1]"].includes(hostname))
    return { url, [Symbol.dispose]() {} };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    error: () => new Response("", { status: 502 }),
    fetch(request) {
      const { method, body, signal } = request;
      const { pathname, search } = new URL(request.url);
      const headers = new Headers(request.headers);
      headers.set("host", host);
      if (headers.has("origin")) headers.set("origin", `http://${host}`);
      const options = { method, headers, body, signal, redirect: "manual", decompress: false } as const;
      return fetch(origin + pathname + search, options);
    },
  });
  return { url: server.url.origin + url.slice(origin.length), [Symbol.dispose]: () => void server.stop(true) };
}

/** Waits until TaskFlow is ready through the Ingress. @throws Problem after two minutes */
export async function awaitReady(steps: Steps, endpoint: Endpoint): Promise<void> {
  if (steps.dryRun) return;
  using proxy = hostProxy(endpoint);
  console.error(`Waiting until ${endpoint.host} is ready at ${endpoint.url} …`);
  for (const end = performance.now() + TIMEOUT_MS; ; await Bun.sleep(PAUSE_MS)) {
    const signal = AbortSignal.timeout(10_000);
    const result = await fetch(`${proxy.url}/readyz`, { redirect: "manual", signal }).then(
      ({ status }) => status,
      ({ message }: Error) => message,
    );
    if (result === 200) return;
    if (performance.now() >= end)
      throw new Problem(`${endpoint.host} is not ready: GET ${endpoint.url}/readyz returned ${result}.`);
  }
}

import { type Cluster, LOCAL } from "../lib/cluster.ts";
import { Problem, type Steps } from "../lib/script.ts";
import { find } from "./objects.ts";

/** How people reach a deployment. */
export interface Entrance {
  /** Where the Ingress's controller is reached from here: an origin, without a path. */
  readonly url: string;
  /** The name that the Ingress goes by. */
  readonly host: string;
  /** What people type. */
  readonly address: string;
}

const PATIENCE_MS = 120_000;
const PAUSE_MS = 1000;
/** A controller that has not yet heard of the Ingress, or of a pod behind it, answers so. */
const NOT_YET = [404, 502, 503, 504];
/** It answers with a certificate of its own until the Ingress's is made, and not at all until a policy lets it in. */
const MAY_COME = /cert|SELF_SIGNED|ALTNAME|VERIFY|timed out/i;

/**
 * Reads out of a rendering under which name it is reached.
 * @param given the address that was asked for; without, k3d's load balancer, or the name itself
 * @throws Problem for a rendering without an Ingress when no address was given
 */
export function entranceOf(yaml: string, { isLocal }: Cluster, given: string | undefined): Entrance {
  if (given && !URL.canParse(given))
    throw new Problem(`--url: “${given}” is no address, such as http://127.0.0.1:8080`, 2);
  const { rules, tls } = find(yaml, "Ingress")?.spec ?? {};
  const host = rules?.[0]?.host ?? (given && new URL(given).hostname);
  if (!host) throw new Problem("the rendering has no Ingress with a host: say where TaskFlow is reached (--url)");
  if (given) return { url: new URL(given).origin, host, address: given };
  if (isLocal) return { url: LOCAL.url, host, address: `http://${host}:${new URL(LOCAL.url).port}` };
  const address = `${tls?.length ? "https" : "http"}://${host}`;
  return { url: address, host, address };
}

/** @returns whether a request has to bear the Ingress's name, as the address leads to this machine */
export function isNameless({ url, host }: Entrance): boolean {
  const { hostname } = new URL(url);
  return hostname !== host && ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
}

/** @returns what `/readyz` answers by way of the Ingress, as a status, or else the reason why it does not */
async function askReady(entrance: Entrance): Promise<number | string> {
  const headers: Record<string, string> = isNameless(entrance) ? { host: entrance.host } : {};
  try {
    const signal = AbortSignal.timeout(10_000);
    return (await fetch(`${entrance.url}/readyz`, { headers, redirect: "manual", signal })).status;
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown };
    return typeof code === "string" ? code : message;
  }
}

/** @returns whether TaskFlow is ready by way of the Ingress, now */
export const isReady = async (entrance: Entrance): Promise<boolean> => (await askReady(entrance)) === 200;

/**
 * Waits until TaskFlow is ready by way of the Ingress: a controller takes a moment to hear of a change, and a first
 * certificate minutes.
 * @throws Problem when nobody answers at the address, or it is not so in two minutes
 */
export async function awaitReady(steps: Steps, entrance: Entrance): Promise<void> {
  if (steps.dryRun) return;
  const { url, host } = entrance;
  console.error(`Asking ${host} at ${url} whether it is ready …`);
  for (const end = performance.now() + PATIENCE_MS; ; await Bun.sleep(PAUSE_MS)) {
    const said = await askReady(entrance);
    if (said === 200) return;
    const mayCome = typeof said === "number" ? NOT_YET.includes(said) : MAY_COME.test(said);
    if (mayCome && performance.now() < end) continue;
    throw new Problem(`${host} is not ready by way of the Ingress: GET ${url}/readyz answers ${said}`);
  }
}

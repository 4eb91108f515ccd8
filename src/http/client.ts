import { isIPv6 } from "node:net";
import type { Config } from "../config.ts";
import type { Logger } from "../ops/logging.ts";
import { clientAddress } from "./proxy.ts";

/** Where a request comes from, for the list of sessions and for rate limits. */
export interface Client {
  /** "unknown" if the connection has none. */
  readonly address: string;
  /** What rate limits count as one client: an IPv4 address, or the 64 bits of IPv6 that one connection usually has. */
  readonly network: string;
  /** Browser and system, or the name of the program, in words. */
  readonly device: string;
}

type Peer = () => string | undefined;

/** Looks up the other end of a connection when it is needed: that costs a fifth of a small response. */
const peers = new WeakMap<Request, Peer>();

/** Sets how to look up the other end of a request's connection. */
export const setPeer = (request: Request, peer: Peer) => void peers.set(request, peer);

/** Lets a copy of a request know the other end of the connection. */
export function copyPeer(from: Request, to: Request): void {
  const peer = peers.get(from);
  if (peer) peers.set(to, peer);
}

export type ClientOf = (request: Request) => Client;

export function createClientOf(config: Pick<Config, "trustProxy">, logger: Logger): ClientOf {
  let hasWarned = false;

  return (request) => {
    if (config.trustProxy === 0 && !hasWarned && request.headers.has("x-forwarded-for")) {
      hasWarned = true;
      const fix =
        "if TaskFlow is behind a proxy, set TRUST_PROXY; until then, rate limits count everyone as one client";
      logger.warn("ignored X-Forwarded-For", { fix });
    }
    const address = plainAddress(clientAddress(request, peers.get(request)?.(), config) ?? "unknown");
    return { address, network: networkOf(address), device: deviceOf(request.headers.get("user-agent") ?? "") };
  };
}

/** Removes the port that some proxies add. */
function plainAddress(address: string): string {
  const [, bracketed] = /^\[(.*)\](?::\d+)?$/.exec(address) ?? [];
  const [, ipv4] = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/i.exec(bracketed ?? address) ?? [];
  return (ipv4 ?? bracketed ?? address).slice(0, 64);
}

function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const { hostname } = new URL(`http://[${address.replace(/%.*/, "")}]`); // the zone is only known to this machine
  const [start = "", end] = hostname.slice(1, -1).split("::");
  const groups = start.split(":").filter(Boolean);
  const missing = end === undefined ? 0 : 8 - groups.length - end.split(":").filter(Boolean).length;
  const all = [...groups, ...Array(missing).fill("0"), ...(end ?? "").split(":")];
  return `${all.slice(0, 4).join(":")}::/64`;
}

/** The first that matches applies: browsers also name those that they are compatible with. */
const BROWSERS = [
  ["Edge", /\bEdg/],
  ["Opera", /\bOPR\//],
  ["Samsung Internet", /\bSamsungBrowser\//],
  ["Firefox", /\b(Firefox|FxiOS)\//],
  ["Chrome", /\b(HeadlessChrome|Chrome|CriOS)\//],
  ["Safari", /\bSafari\//],
] as const;
const SYSTEMS = [
  ["iPhone", /\biPhone\b/],
  ["iPad", /\biPad\b/],
  ["Android", /\bAndroid\b/],
  ["ChromeOS", /\bCrOS\b/],
  ["Windows", /\bWindows\b/],
  ["Mac", /\bMac(intosh| OS X)\b/],
  ["Linux", /\bLinux\b/],
] as const;

/** Returns "Firefox on Linux", or the name of a program such as curl. */
export function deviceOf(userAgent: string): string {
  const [, program] = /^([\w.-]{1,40})/.exec(userAgent) ?? [];
  if (program !== "Mozilla") return program ?? "Unknown device";
  const [browser, system] = [BROWSERS, SYSTEMS].map((list) => list.find(([, pattern]) => pattern.test(userAgent))?.[0]);
  return [browser ?? "Browser", system].filter(Boolean).join(" on ");
}

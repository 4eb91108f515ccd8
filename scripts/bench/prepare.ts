import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Account, buildDataset, type Dataset, PASSWORD } from "./dataset.ts";
import { startServer } from "./server.ts";
import type { Surroundings } from "./surroundings.ts";
import { taskflow } from "./variants.ts";

export interface Prepared {
  readonly dataset: Dataset;
  /** Path of the file described in surroundings.ts. */
  readonly surroundings: string;
  /** Address of the static file that is asked for. */
  readonly asset: string;
}

interface Size {
  readonly accounts: number;
  readonly readers: number;
  /** Who comes in by HTTP: the readers, the writer, and whoever else only has live streams. */
  readonly people: number;
  readonly scaled: boolean;
}

/**
 * Lets TaskFlow make its tables and accounts, fills them, and keeps what the floor and the peer have to answer.
 * @throws NotStarted when TaskFlow does not start, Error when it answers something unexpected
 */
export async function prepare(run: string, secret: string, size: Size): Promise<Prepared> {
  const base = join(run, "base");
  mkdirSync(base);
  const command = taskflow(base, secret, []);
  const maker = await startServer(command, "/healthz", {});
  const registered: Omit<Account, "ids">[] = [];
  for (let each = 0; each < size.people; each++) registered.push(await register(maker.port, `bench${each}`));
  await maker.stop();

  const dataset = buildDataset(run, registered, size);
  const [reader] = dataset.readers;
  const shower = await startServer(command, "/healthz", {});
  const html = await text(shower.port, "/tasks", { cookie: `taskflow=${reader.token}` });
  const asset = found(html, /\/static\/app-\w+\.css/);
  const folder = join(run, "assets");
  const name = asset.replace("/static/", "");
  await Bun.write(join(folder, name), await text(shower.port, asset));
  await shower.stop();

  const surroundings: Surroundings = {
    secret,
    tokens: dataset.everyone.map(({ token, ownerId }) => ({ token, ownerId })),
    page: { ...aroundRows(html), icons: found(html, /\/static\/icons-\w+\.svg/) },
    asset: { path: asset, folder, name },
  };
  const file = join(run, "surroundings.json");
  await Bun.write(file, JSON.stringify(surroundings));
  return { dataset, surroundings: file, asset };
}

async function register(port: number, username: string): Promise<Omit<Account, "ids">> {
  const post = async (path: string, body: Record<string, string>) => {
    const headers = { "content-type": "application/json" };
    return JSON.parse(await text(port, path, headers, JSON.stringify(body))) as Record<string, string>;
  };
  const { id = "" } = await post("/api/register", { username, email: `${username}@example.org`, password: PASSWORD });
  const { accessToken = "" } = await post("/api/login", { username, password: PASSWORD });
  return { username, ownerId: id, token: accessToken };
}

async function text(port: number, path: string, headers: Record<string, string> = {}, body?: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers, body, method: body ? "POST" : "GET" });
  if (!answer.ok) throw new Error(`TaskFlow answered ${path} with ${answer.status}: ${await answer.text()}`);
  return answer.text();
}

function aroundRows(html: string) {
  const lastPart = "</label></li>";
  const first = html.indexOf('<li class="task"');
  const end = html.lastIndexOf(lastPart) + lastPart.length;
  if (first < 0 || end < first) throw new Error("the list page has no rows that this script knows; see prepare.ts");
  return { head: html.slice(0, first), tail: html.slice(end) };
}

function found(html: string, pattern: RegExp): string {
  const [match] = html.match(pattern) ?? [];
  if (!match) throw new Error(`the list page names nothing like ${pattern}; see prepare.ts`);
  return match;
}

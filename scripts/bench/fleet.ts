import { authorization } from "./cases.ts";
import type { Dataset, Table } from "./dataset.ts";
import { NotStarted, type Server, startServer } from "./server.ts";
import { LABELS, type Name, type Variant } from "./variants.ts";

export const FIRST_PATH = "/api/tasks?limit=1";

/** The servers that are compared, all up at once so that they can take turns. */
export type Fleet = Map<Name, Server>;

/** @param gone told of each variant that does not start */
export async function startFleet(
  variants: readonly Variant[],
  table: Table,
  dataset: Dataset,
  gone: (name: Name, why: string) => void,
): Promise<Fleet> {
  const fleet: Fleet = new Map();
  for (const variant of variants) {
    const server = await startVariant(variant, table, dataset, gone);
    if (server) fleet.set(variant.name, server);
  }
  return fleet;
}

export async function startVariant(
  { name, command }: Variant,
  table: Table,
  { readers: [reader] }: Dataset,
  gone: (name: Name, why: string) => void,
): Promise<Server | undefined> {
  try {
    return await startServer(await command(table), FIRST_PATH, authorization(reader));
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    gone(name, error.message);
    return undefined;
  }
}

export async function stopFleet(fleet: Fleet): Promise<void> {
  await Promise.all([...fleet.values()].map((server) => server.stop()));
}

/** @returns one line for each variant whose answers are not the floor's: what differs can't be compared */
export async function differences(fleet: Fleet, dataset: Dataset): Promise<string[]> {
  const floor = fleet.get("floor");
  if (!floor) return [];
  const lines: string[] = [];
  const expected = await sample(floor, dataset);
  for (const [name, server] of fleet) {
    try {
      const { list, page } = await sample(server, dataset);
      if (list !== expected.list) lines.push(`${LABELS[name]} answers another list than the floor.`);
      if (Math.abs(page.length / expected.page.length - 1) > 0.05)
        lines.push(`The page of ${LABELS[name]} has ${page.length} characters, the floor's ${expected.page.length}.`);
    } catch (error) {
      lines.push(`${LABELS[name]} could not be asked: ${(await server.ended()) ?? (error as Error).message}.`);
    }
  }
  return lines;
}

/** What has to be alike; where a list goes on may be told in any form. */
async function sample({ port }: Server, { readers: [reader] }: Dataset): Promise<{ list: string; page: string }> {
  const at = (path: string, headers: Record<string, string>) => fetch(`http://127.0.0.1:${port}${path}`, { headers });
  const list = await at("/api/tasks?sort=title&status=open", authorization(reader));
  const { items, totals } = (await list.json()) as { items: unknown; totals: unknown };
  const page = await at("/tasks", { cookie: `taskflow=${reader.token}` });
  return { list: JSON.stringify({ items, totals }), page: await page.text() };
}

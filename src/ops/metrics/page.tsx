import { StatusPage } from "../../../views/ops/status.tsx";
import { sqlite } from "../../db/sqlite/migrations/index.ts";
import type { Rates } from "./rates.ts";
import type { Snapshot } from "./snapshot.ts";
import { statusOf } from "./status.ts";

/** The migrations of both engines have the same names, and a server that runs has applied all of them. */
const migration = sqlite.journal.entries.at(-1)?.tag ?? "none";

/** Returns the status page. */
export async function statusPage(snapshot: Snapshot, rates: readonly Rates[]): Promise<Response> {
  const page = await StatusPage({ status: statusOf(snapshot, migration, rates) });
  return new Response(`<!doctype html>${page}`, { headers: { "content-type": "text/html; charset=utf-8" } });
}

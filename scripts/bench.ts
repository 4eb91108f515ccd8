#!/usr/bin/env bun
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { CASES } from "./bench/cases.ts";
import { createDataset } from "./bench/dataset.ts";
import { measureCase } from "./bench/measure.ts";
import { describeMachine, formatResult, formatTable, type Name, type Row } from "./bench/report.ts";
import { pinLoad, type Server } from "./bench/server.ts";
import { createStarters, preparePeer } from "./bench/starters.ts";
import { temporaryFolder } from "./lib/leftovers.ts";
import { Problem, runScript } from "./lib/script.ts";

const FULL = { rounds: 3, measureMs: 2000, warmupMs: 700, readers: 7, tasks: 100_000 };
const QUICK = { rounds: 1, measureMs: 700, warmupMs: 300, readers: 3, tasks: 20_000 };
const ROWS = CASES.map(({ name }) => name);
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "taskflow-bench");

const HELP = `Usage: bun scripts/bench.ts [options] > table.md

Compares TaskFlow with a floor (bare Bun.serve and SQLite) and a peer (Fastify on Node). Prints a Markdown table.
Takes about six minutes. Close other programs first.

  --quick         measure the main rows in one short round: under a minute; leaves out the peer until a full run
                  has installed its packages
  --only ROW,...  measure only these rows
  --dry-run       print what would be measured
  --help          show this help

Rows: ${ROWS.join(", ")}`;

await runScript({
  help: HELP,
  options: { quick: { type: "boolean" }, only: { type: "string" } },
  async main({ quick = false, only }, [unknown], { dryRun }) {
    if (unknown !== undefined) throw new Problem(`unknown argument ${unknown}; see --help`, 2);
    const rows = only?.split(",") ?? CASES.filter((each) => each.quick || !quick).map(({ name }) => name);
    const wrong = rows.find((row) => !ROWS.includes(row));
    if (wrong !== undefined) throw new Problem(`--only: there is no row "${wrong}". Rows: ${ROWS.join(", ")}.`, 2);
    const plan = quick ? QUICK : FULL;
    if (!dryRun) await run(rows, plan, !quick);
    else console.log(`Floor, TaskFlow and peer, ${plan.rounds} × ${plan.measureMs / 1000} s a row: ${rows.join(", ")}`);
    process.exit();
  },
});

async function run(names: readonly string[], plan: typeof FULL, installPeer: boolean) {
  const notes: string[] = [];
  const note = (line: string) => {
    console.error(line);
    notes.push(`- ${line}`);
  };
  mkdirSync(CACHE, { recursive: true });
  const folder = temporaryFolder(CACHE);
  console.error("Preparing the peer. The first time, npm may compile better-sqlite3, which takes minutes.");
  const peer = await preparePeer(join(CACHE, "peer"), installPeer).catch((error: Error) => {
    note(`No peer: ${error.message.trim().split("\n")[0]}`);
  });
  console.error("Creating the data set.");
  const cases = CASES.filter(({ name }) => names.includes(name));
  const dataset = await createDataset(folder, plan.readers);
  const starters = await createStarters(folder, dataset, plan.tasks, peer ?? undefined);
  await pinLoad();

  const rows: Row[] = [];
  for (const table of new Set(cases.map((each) => each.table))) {
    const fleet = new Map<Name, Server>();
    for (const [name, start] of starters) fleet.set(name, await start(table));
    for (const [name, { startMs, memory }] of fleet)
      note(`${name}: first response after ${startMs.toFixed()} ms, with ${Math.round(memory / 1024)} MB of memory.`);
    for (const each of cases.filter((one) => one.table === table)) {
      const row = await measureCase(each, fleet, dataset, plan);
      rows.push(row);
      console.error([row.name, ...fleet.keys().map((name) => `${name} ${formatResult(row, name)}`)].join("  "));
      for (const [name, { problem }] of Object.entries(row.results))
        if (problem) note(`${row.name} of ${name} failed: ${problem}`);
    }
    for (const server of fleet.values()) await server.stop();
  }
  console.log(`${formatTable(rows, [...starters.keys()])}

Responses per second; the median of ${plan.rounds} × ${plan.measureMs / 1000} s. Above 1, a ratio means that TaskFlow is better. Cold: no response comes from TaskFlow's cache; cached: all do. A cold page finds most of its rows rendered. Where the load generator is the limit, compare the CPU time per response. The last two columns are TaskFlow's. ${plan.tasks.toLocaleString("en")} tasks unless a row says otherwise. A write is on disk before its response.

${[await describeMachine(), ...notes].join("\n")}`);
  if (rows.some(({ results }) => Object.values(results).some(({ problem }) => problem))) process.exitCode = 1;
}

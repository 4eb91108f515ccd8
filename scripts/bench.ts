#!/usr/bin/env bun
import { mkdirSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { $, minimist } from "zx";
import { CASES } from "./bench/cases.ts";
import type { Table } from "./bench/dataset.ts";
import { differences, startFleet, stopFleet } from "./bench/fleet.ts";
import { startLoad } from "./bench/load-client.ts";
import { describeMachine, isInMemory } from "./bench/machine.ts";
import { markdown } from "./bench/markdown.ts";
import { type Bench, measureCase, measureStarts, measureStreams, type Pace } from "./bench/measure.ts";
import { installPeer, peerProblem } from "./bench/peer-packages.ts";
import { plot } from "./bench/plot.ts";
import { prepare } from "./bench/prepare.ts";
import { figure, type Results, type Row } from "./bench/results.ts";
import { LABELS, type Name, variantsOf } from "./bench/variants.ts";
import { temporaryFolder } from "./lib/leftovers.ts";
import { type Postgres, postgresFolder, startPostgres } from "./lib/postgres.ts";

const HERE = join(import.meta.dir, "..", ".bench");
const FULL: Pace = { rounds: 3, measureMs: 2000, warmupMs: [1000, 300], starts: 5 };
const QUICK: Pace = { rounds: 1, measureMs: 700, warmupMs: [200, 200], starts: 2 };
/** What the measuring itself makes of the load average: a server, its threads and the load. */
const MOST_OURS = 3.5;
const SPECIAL = { start: true, idle: true, streams: false };
const NAMES = [...Object.keys(SPECIAL), ...CASES.map(({ name }) => name)];

const HELP = `bun scripts/bench.ts: TaskFlow beside a floor (bare Bun and SQLite) and a peer (Fastify on Node)

  --quick           the core cases, few rows, one short round: under a minute
  --only NAME,..    only these cases
  --dry-run         says what would be measured
  --help

Writes results.json and results.svg into .bench/results, and prints a table for README.md. In full it takes about ten
minutes, and more when npm first installs the peer. Nothing else should be running: it uses two cores.

Cases: ${NAMES.join(", ")}`;

/** What was asked for makes no sense. */
class Usage extends Error {}

interface Options {
  readonly quick: boolean;
  readonly names: ReadonlySet<string>;
}

async function main(words: string[]): Promise<void> {
  const flags = minimist(words, {
    boolean: ["quick", "help", "dry-run"],
    string: ["only"],
    unknown: (word: string) => {
      throw new Usage(`there is no ${word} here; see --help`);
    },
  });
  if (flags.help) return console.log(HELP);
  const options = { quick: flags.quick === true, names: namesOf(flags.only, flags.quick === true) };
  if (flags["dry-run"]) return describe(options);
  const results = await measure(options);
  const folder = join(HERE, "results");
  await Bun.write(join(folder, "results.json"), `${JSON.stringify(results, undefined, 2)}\n`);
  await Bun.write(join(folder, "results.svg"), plot(results));
  console.log(`\n${markdown(results)}`);
  say(`\nresults.json and results.svg are in ${folder}`);
  if (results.rows.some((row) => row.results.some(({ problem }) => problem !== undefined))) process.exitCode = 1;
}

function namesOf(only: string | undefined, quick: boolean): Set<string> {
  if (only === undefined) {
    const core = [...Object.entries(SPECIAL), ...CASES.map(({ name, core }) => [name, core] as const)];
    return new Set(core.flatMap(([name, isCore]) => (isCore || !quick ? [name] : [])));
  }
  const names = only.split(",").filter(Boolean);
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined || names.length === 0)
    throw new Usage(`there is no case “${unknown ?? ""}”; there are: ${NAMES.join(", ")}`);
  return new Set(names);
}

async function describe({ quick, names }: Options): Promise<void> {
  const { cpu, cores, pinned } = await describeMachine();
  const { rounds, measureMs, warmupMs } = quick ? QUICK : FULL;
  console.log(
    `On ${cpu}, ${cores} cores, ${pinned ? "server and load on a core each" : "server and load sharing them"}:`,
  );
  for (const { name, says, connections } of CASES)
    if (names.has(name)) console.log(`  ${name.padEnd(12)} ${says}; ${connections} connections`);
  for (const name of Object.keys(SPECIAL)) if (names.has(name)) console.log(`  ${name}`);
  console.log(`${rounds} rounds of ${measureMs / 1000} s after ${warmupMs[0] / 1000} s to warm up, for each of:`);
  console.log(`  floor, taskflow, workers (skipped when TaskFlow has none)`);
  console.log(`  postgres: ${postgresFolder() ?? "skipped, no initdb"}`);
  console.log(`  peer: ${peerProblem() ?? "npm installs it into .bench/peer"}`);
}

async function measure({ quick, names }: Options): Promise<Results> {
  const machine = await describeMachine();
  const notes: string[] = [];
  const note = (line: string) => {
    if (notes.includes(line)) return;
    notes.push(line);
    say(`note: ${line}`);
  };
  mkdirSync(HERE, { recursive: true });
  const run = temporaryFolder(HERE);
  const secret = crypto.randomUUID();
  if (!machine.pinned) note("Not pinned: that takes two cores and taskset (Debian: apt-get install util-linux).");
  const noteCrowd = () => {
    const [crowd = 0] = loadavg();
    if (crowd > MOST_OURS) note("The machine was busy with something else too: the figures are too low, and uneven.");
  };
  if (isInMemory(run)) note("The folder lies in memory (tmpfs): being on disk costs nothing here.");

  const peer = await peerProgram(note);
  const postgres = await postgresServer(note);
  const scaled = names.has("list-1k") || names.has("list-1m");
  say("filling the databases");
  const size = quick
    ? { accounts: 20, readers: 3, people: 4, scaled }
    : { accounts: 100, readers: 8, people: 25, scaled };
  const { dataset, surroundings, asset } = await prepare(run, secret, size);
  const load = startLoad(machine.pins.load);
  const bench: Bench = { dataset, asset, load, pace: quick ? QUICK : FULL, progress: () => process.stderr.write(".") };
  let variants = variantsOf({ run, secret, dataset, surroundings, pin: machine.pins.server, postgres, peer });
  const rows: Row[] = [];
  const add = (more: Row[]) => {
    for (const row of more) {
      rows.push(row);
      report(row);
    }
    noteCrowd();
  };
  const gone = (name: Name, why: string) => {
    variants = variants.filter((variant) => variant.name !== name);
    note(`${LABELS[name]} was left out: ${why}`);
  };

  if (names.has("start") || names.has("idle"))
    add((await measureStarts(variants, bench, gone)).filter(({ name }) => names.has(name)));
  for (const table of ["base", "small", "large"] satisfies Table[]) {
    const cases = CASES.filter((each) => each.table === table && names.has(each.name));
    if (cases.length === 0) continue;
    const fleet = await startFleet(variants, table, dataset, gone);
    for (const line of await differences(fleet, dataset)) note(line);
    for (const each of cases) add([await measureCase(each, fleet, bench)]);
    await stopFleet(fleet);
  }
  if (names.has("streams")) {
    // Fresh ones, as memory that was used before would be used again, and not be seen to grow.
    const fleet = await startFleet(variants, "base", dataset, gone);
    add(await measureStreams(fleet, bench));
    await stopFleet(fleet);
  }
  load.stop();
  await postgres?.stop();
  if (variants.some(({ name }) => name === "workers" || name === "postgres") && machine.pinned)
    note("The workers and PostgreSQL's own processes are not kept to one core; they share the load's.");
  const commit = await $({ quiet: true, nothrow: true })`git rev-parse --short HEAD`;
  return {
    when: new Date().toISOString(),
    commit: commit.stdout.trim(),
    quick,
    machine,
    postgres: postgres?.version,
    notes,
    rows,
  };
}

async function peerProgram(note: (line: string) => void): Promise<string | undefined> {
  const problem = peerProblem();
  if (problem !== undefined) return void note(`${LABELS.peer} was left out: ${problem}`);
  try {
    say("installing the peer, unless it is there");
    return await installPeer(join(HERE, "peer"));
  } catch (error) {
    return void note(`${LABELS.peer} was left out: npm could not install it (${firstLine(error)})`);
  }
}

async function postgresServer(note: (line: string) => void): Promise<Postgres | undefined> {
  try {
    return await startPostgres();
  } catch (error) {
    return void note(`${LABELS.postgres} was left out: ${firstLine(error)}`);
  }
}

function report({ name, says, unit, results }: Row) {
  say(`\n${name}: ${says}`);
  for (const { variant, value, p50, p99, memory, cpu, problem, skipped } of results) {
    const more =
      p50 === undefined
        ? ""
        : `   p50 ${figure(p50)} ms, p99 ${figure(p99)} ms, ${figure(memory)} MB, CPU ${figure(cpu)} µs`;
    say(`  ${LABELS[variant].padEnd(24)} ${problem ?? skipped ?? `${figure(value).padStart(8)} ${unit}${more}`}`);
  }
}

const firstLine = (error: unknown) => (error as Error).message.trim().split("\n")[0] ?? "";
const say = (line: string) => process.stderr.write(`${line}\n`);

try {
  await main(process.argv.slice(2));
  process.exit();
} catch (error) {
  if (!(error instanceof Usage)) throw error;
  console.error(error.message);
  process.exit(2);
}

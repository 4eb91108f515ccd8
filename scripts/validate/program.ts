import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../lib/image.ts";
import { killAtEnd, temporaryFolder } from "../lib/leftovers.ts";
import { Problem } from "../lib/script.ts";
import type { Rendering } from "./objects.ts";
import { containersOf, environmentOf, podTemplates, runsTaskFlow } from "./pods.ts";

/** The variables that README.md explains: no other is handed to the program from a manifest. */
export const VARIABLES = [...readFileSync(join(ROOT, "README.md"), "utf8").matchAll(/^\| `([A-Z_]+)` \|/gm)].map(
  ([, name = ""]) => name,
);
/** Longer than the questions take: the program is killed once they are answered. */
const SHUTDOWN_DELAY = 30;
/** How long a program that was told to stop may take to notice it. */
const NOTICE_MS = 3000;
/** Secrets, files and addresses are not here; the rest is read, and nothing is written. */
const NOT_HERE = /_FILE$|^DATABASE_|SECRET|PASSPHRASE|^DATA_DIR$|^BACKUP_DIR$|^NODE_ENV$/;

interface Answer {
  readonly status: number;
  readonly type: string;
}

/** What TaskFlow says of itself: started from this checkout, so that no list of anything can be out of date. */
export interface Program {
  /** What it answers to a path while it serves, and while it stops. */
  answer(path: string): { readonly serving: Answer; readonly stopping: Answer } | undefined;
  /** Its commands, with the options of each. */
  readonly commands: ReadonlyMap<string, ReadonlySet<string>>;
  /** What it has to say against an environment: a sentence for each variable, which it begins with. */
  complaints(environment: ReadonlyMap<string, string | undefined>): readonly string[];
}

/**
 * Asks the program itself everything that the checks of these renderings want to know.
 * @param paths that are asked for, by HTTP
 * @throws Problem when it does not start
 */
export async function askProgram(renderings: readonly Rendering[], paths: readonly string[]): Promise<Program> {
  const environments = new Map(
    renderings.flatMap((rendering) =>
      podTemplates(rendering).flatMap((template) =>
        containersOf(template)
          .filter(({ container }) => runsTaskFlow(container))
          .map(({ container }) => settingsOf(environmentOf(rendering, template, container))),
      ),
    ),
  );
  const [answers, help, ...verdicts] = await Promise.all([
    askPaths([...new Set(paths)]),
    environments.size > 0 ? output(["--help"]) : "",
    ...[...environments].map(
      async ([key, settings]) => [key, complaintsIn(await output(["doctor"], settings))] as const,
    ),
  ]);
  const complaints = new Map(verdicts);
  return {
    answer: (path) => answers.get(path),
    commands: commandsIn(help),
    complaints: (environment) => complaints.get(settingsOf(environment)[0]) ?? [],
  };
}

function settingsOf(environment: ReadonlyMap<string, string | undefined>): [key: string, Record<string, string>] {
  const known = [...environment]
    .filter(([name, value]) => value !== undefined && VARIABLES.includes(name) && !NOT_HERE.test(name))
    .sort();
  return [JSON.stringify(known), Object.fromEntries(known) as Record<string, string>];
}

/** `  taskflow backup --daily    one a day` and its likes. */
function commandsIn(help: string): Map<string, Set<string>> {
  const commands = new Map<string, Set<string>>();
  for (const [, name = "", rest = ""] of help.matchAll(/^ {2}taskflow \[?([a-z]+)\]?(.*)$/gm)) {
    const options = commands.get(name) ?? new Set();
    for (const [option] of rest.matchAll(/--[a-z-]+/g)) options.add(option);
    commands.set(name, options);
  }
  return commands;
}

/** `fail  configuration  wrong configuration: PORT must be …; HOST must be …` */
function complaintsIn(said: string): string[] {
  return said.match(/wrong configuration: (.+)/)?.[1]?.split("; ") ?? [];
}

function start(words: readonly string[], environment: Record<string, string> = {}) {
  return killAtEnd(
    Bun.spawn([process.execPath, "src/index.ts", ...words], {
      cwd: ROOT,
      env: { PATH: process.env.PATH ?? "", DATA_DIR: temporaryFolder(tmpdir()), ...environment },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    }),
  );
}

async function output(words: readonly string[], environment: Record<string, string> = {}): Promise<string> {
  const { stdout, stderr } = start(words, environment);
  const texts = await Promise.all([new Response(stdout).text(), new Response(stderr).text()]);
  return texts.join("\n");
}

async function askPaths(paths: readonly string[]) {
  if (paths.length === 0) return new Map<string, { serving: Answer; stopping: Answer }>();
  const child = start([], { PORT: "0", SHUTDOWN_DELAY: String(SHUTDOWN_DELAY) });
  const url = await addressOf(child);
  const ask = async (path: string): Promise<Answer> => {
    const response = await fetch(new URL(path, url), { redirect: "manual", headers: { accept: "*/*" } });
    await response.body?.cancel();
    return { status: response.status, type: response.headers.get("content-type") ?? "" };
  };
  const askAll = () => Promise.all(paths.map(ask));
  const serving = await askAll();
  child.kill("SIGTERM");
  const until = performance.now() + NOTICE_MS;
  let stopping = await askAll();
  while (stopping.every(({ status }) => status < 500) && performance.now() < until) stopping = await askAll();
  child.kill("SIGKILL");
  await child.exited;
  const none = { status: 0, type: "" };
  return new Map(
    paths.map((path, index) => [path, { serving: serving[index] ?? none, stopping: stopping[index] ?? none }]),
  );
}

/** Its output is read to the end: a program that can't write its log does not live. */
function addressOf(child: Bun.Subprocess<"ignore", "pipe", "pipe">): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  void (async () => {
    let output = "";
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      output += decoder.decode(chunk, { stream: true });
      const [, url] = output.match(/TaskFlow is running at (http:\/\/[^\s"]+)/) ?? [];
      if (url) resolve(url);
    }
    const words = await new Response(child.stderr).text();
    reject(new Problem(`TaskFlow does not start, so its probes can't be tried: ${words}`));
  })();
  return promise;
}

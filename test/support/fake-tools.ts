import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dataFolder } from "./data-folder.ts";

/** How a fake program responds. The first rule that matches the arguments applies, unless it is used up. */
export interface Rule {
  readonly tool: string;
  readonly words: RegExp;
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** How often the rule applies. */
  readonly times?: number;
  /** Runs the real program. */
  readonly real?: boolean;
  /** Never ends by itself. */
  readonly hangs?: boolean;
  /** Sends SIGINT to the process group, as Ctrl+C does. */
  readonly interrupts?: boolean;
}

export interface Call {
  readonly tool: string;
  readonly words: string;
  /** Standard input, or the file of `--filename=`. */
  readonly input: string;
}

const PROGRAM = String.raw`
import { appendFileSync, existsSync, readFileSync } from "node:fs";
const folder = import.meta.dir;
const [tool, ...args] = process.argv.slice(2);
const words = args.join(" ");
const rules = JSON.parse(readFileSync(folder + "/rules.json", "utf8"));
// Appended to, as several calls may run at once.
const used = existsSync(folder + "/used") ? readFileSync(folder + "/used", "utf8").split("\n") : [];
const count = (index) => used.filter((each) => each === String(index)).length;
const at = rules.findIndex((rule, index) => rule.tool === tool && new RegExp(rule.words).test(words) && count(index) < (rule.times ?? Infinity));
const rule = rules[at] ?? {};
if (rule.real) {
  const child = Bun.spawnSync([rule.real, ...args], { stdin: "inherit", stdout: "inherit", stderr: "inherit" });
  process.exit(child.exitCode);
}
const [, file] = /--filename=(\S+)/.exec(words) ?? [];
const fromInput = file === "-" || words.includes("/dev/stdin");
const input = fromInput ? await Bun.stdin.text() : file ? readFileSync(file, "utf8") : "";
appendFileSync(folder + "/calls.jsonl", JSON.stringify({ tool, words, input }) + "\n");
appendFileSync(folder + "/used", at + "\n");
if (rule.hangs) await new Promise((resolve) => setTimeout(resolve, 600_000));
if (rule.interrupts) process.kill(0, "SIGINT");
process.stdout.write(rule.stdout ?? "");
process.stderr.write(rule.stderr ?? "");
process.exit(rule.code ?? 0);
`;

/** Creates a PATH of fake programs, which record their calls and respond by rules. */
export function fakeTools(tools: readonly string[], rules: readonly Rule[]) {
  const folder = dataFolder();
  writeFileSync(folder.file("program.ts"), PROGRAM);
  const plain = rules.map(({ words, real, ...rule }) => ({
    ...rule,
    words: words.source,
    real: real ? Bun.which(rule.tool) : undefined,
  }));
  writeFileSync(folder.file("rules.json"), JSON.stringify(plain));
  for (const tool of tools) {
    const file = folder.file(tool);
    writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${folder.file("program.ts")}" ${tool} "$@"\n`);
    chmodSync(file, 0o755);
  }
  const calls = (): Call[] => {
    const file = join(folder.path, "calls.jsonl");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Call);
  };
  return {
    calls,
    /** Returns the calls without the arguments that all of them share. */
    lines: () =>
      calls().map(({ tool, words }) => `${tool} ${words}`.replace(/--context \S+ (--namespace taskflow )?/, "")),
    path: `${folder.path}:${process.env.PATH}`,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

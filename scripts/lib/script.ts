import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { $, quote, which } from "zx";

/** Something that a person has to put right: told in a line, without a stack. */
export class Problem extends Error {
  /** @param exitCode 2 for words that make no sense, or what a failed command ended with */
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** What every script takes. */
const COMMON = { help: { type: "boolean" }, "dry-run": { type: "boolean" } } as const;

type Values<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true }>
>["values"];

interface Script<Options extends ParseArgsOptionsConfig> {
  /** What `--help` prints: it fits a screen, and names `--dry-run` and `--help` too. */
  readonly help: string;
  readonly options: Options;
  /** @param positionals the words that are no options @throws Problem */
  readonly main: (values: Values<Options>, positionals: string[], steps: Steps) => Promise<void>;
}

/** Runs a script from the words it was called with, and ends the process with 0, or with what its problem says. */
export async function runScript<Options extends ParseArgsOptionsConfig>({ help, options, main }: Script<Options>) {
  try {
    const { values, positionals } = read({ ...options, ...COMMON });
    const common = values as { help?: boolean; "dry-run"?: boolean };
    if (common.help) return console.log(help);
    await main(values as Values<Options>, positionals, createSteps(common["dry-run"] === true));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(error.message);
    process.exit(error.exitCode);
  }
}

function read<Options extends ParseArgsOptionsConfig>(options: Options) {
  try {
    return parseArgs({ args: process.argv.slice(2), options, allowPositionals: true });
  } catch (error) {
    throw new Problem(`${(error as Error).message.split(/\.\s/)[0]}; see --help`, 2);
  }
}

export type Steps = ReturnType<typeof createSteps>;

interface StepOptions {
  /** For the command alone. `--dry-run` prints it, so that the line does the same elsewhere: no secret goes this way. */
  readonly environment?: Record<string, string>;
  /** Text for the command's standard input: never printed, so that secrets may go this way. */
  readonly input?: string;
  /** Shows what the command prints as it comes; without, only when it fails. */
  readonly loud?: boolean;
}

/** The long things a script does, each a line that tells how it went. With `--dry-run` each only prints its command. */
function createSteps(dryRun: boolean) {
  const quoted = (word: string) => (/[^\w./:=@,-]/.test(word) ? quote(word) : word);
  const line = (command: readonly string[], environment: Record<string, string> = {}) =>
    [...Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`), ...command.map(quoted)].join(
      " ",
    );

  return {
    dryRun,

    /**
     * Runs a command that changes something.
     * @param title what it does, as a person would say it
     * @returns what it printed; "" with `--dry-run`
     * @throws Problem with the command's output and exit code when it fails
     */
    async run(title: string, command: readonly string[], { environment = {}, input, loud }: StepOptions = {}) {
      if (dryRun) {
        console.log(line(command, environment));
        return "";
      }
      const ended = progress(title, loud === true);
      const result = await $({
        nothrow: true,
        quiet: true,
        input: input ?? "",
        env: { ...process.env, ...environment },
        stdio: ["pipe", loud ? "inherit" : "pipe", loud ? "inherit" : "pipe"],
      })`${command}`;
      ended(result.exitCode === 0);
      if (result.exitCode !== 0)
        throw new Problem(
          [`${result.stdout}${result.stderr}`.trim(), `failed (exit code ${result.exitCode}): ${line(command)}`]
            .filter(Boolean)
            .join("\n"),
          result.exitCode ?? 1,
        );
      return result.stdout;
    },

    /** Asks without changing anything, with `--dry-run` too. @returns its output, or undefined when it fails */
    async ask(command: readonly string[]): Promise<string | undefined> {
      const result = await $({ nothrow: true, quiet: true, input: "" })`${command}`;
      return result.exitCode === 0 ? result.stdout : undefined;
    },
  };
}

/** Says what goes on, and for how long already where somebody watches. @returns to be told how it ended */
function progress(title: string, loud: boolean): (well: boolean) => void {
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  const live = process.stderr.isTTY && !loud;
  if (!live) console.error(`${title} …`);
  const timer = live && setInterval(() => process.stderr.write(`\r${title} … ${seconds()}`), 100);
  return (well) => {
    if (timer) clearInterval(timer);
    console.error(`${live ? "\r" : ""}${title}: ${well ? "done" : "failed"} after ${seconds()}`);
  };
}

/** @throws Problem unless somebody says yes */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new Problem(`${question} Say --yes where nobody can be asked; nothing was changed`);
  const answer = prompt(`${question} Type yes:`);
  if (answer?.trim() !== "yes") throw new Problem("nothing was changed");
}

/** @throws Problem that says how to get the tool, unless it is on PATH */
export async function need(tool: string, howToGetIt: string): Promise<void> {
  if (!(await which(tool, { nothrow: true }))) throw new Problem(`${tool} is missing: ${howToGetIt}`);
}

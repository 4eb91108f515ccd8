import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { $, quote, which } from "zx";

/** An error that a person has to fix. It is printed as one message, without a stack. */
export class Problem extends Error {
  /** @param exitCode 2 for a wrong command line, or the exit code of a command that failed */
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** The options of every script. */
const COMMON = { help: { type: "boolean" }, "dry-run": { type: "boolean" } } as const;

type Values<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true }>
>["values"];

interface Script<Options extends ParseArgsOptionsConfig> {
  /** Printed by `--help`. Fits a screen, and lists `--dry-run` and `--help` too. */
  readonly help: string;
  readonly options: Options;
  /** @throws Problem */
  readonly main: (values: Values<Options>, positionals: string[], steps: Steps) => Promise<void>;
}

/** Runs a script with the arguments of the process. Sets the exit code: 0, or that of the problem. */
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
  /** Environment variables of the command. `--dry-run` prints them, so they hold no secret. */
  readonly environment?: Record<string, string>;
  /** Standard input of the command. Never printed, so it may hold a secret. */
  readonly input?: string;
  /** A command that writes such an input, for `--dry-run`. */
  readonly inputFrom?: readonly string[];
  /** Shows the output while the command runs; by default it is shown only if the command fails. */
  readonly loud?: boolean;
}

/** Returns functions that run commands and report progress. With `--dry-run`, `run` only prints the command. */
function createSteps(dryRun: boolean) {
  const quoted = (word: string) => (/[^\w./:=@,-]/.test(word) ? quote(word) : word);
  const line = (command: readonly string[], environment: Record<string, string> = {}) =>
    [...Object.entries(environment).map(([name, value]) => `${name}=${quoted(value)}`), ...command.map(quoted)].join(
      " ",
    );
  const capture = (command: readonly string[], { input = "", environment = {} }: StepOptions = {}) =>
    $({ nothrow: true, quiet: true, input, env: { ...process.env, ...environment } })`${command}`;

  return {
    dryRun,

    /**
     * Runs a command that changes something.
     * @param title what the command does, such as "Building the image"
     * @returns its output; "" with `--dry-run`
     * @throws Problem with the command's output and exit code when it fails
     */
    async run(title: string, command: readonly string[], options: StepOptions = {}) {
      const { environment = {}, input, inputFrom, loud } = options;
      if (dryRun) {
        console.log(`${inputFrom ? `${line(inputFrom)} | ` : ""}${line(command, environment)}`);
        return "";
      }
      console.error(`${title} …`);
      const result = await $({
        nothrow: true,
        quiet: true,
        input: input ?? "",
        env: { ...process.env, ...environment },
        stdio: ["pipe", loud ? "inherit" : "pipe", loud ? "inherit" : "pipe"],
      })`${command}`;
      if (result.exitCode !== 0)
        throw new Problem(
          [`${result.stdout}${result.stderr}`.trim(), `failed (exit code ${result.exitCode}): ${line(command)}`]
            .filter(Boolean)
            .join("\n"),
          result.exitCode ?? 1,
        );
      return result.stdout;
    },

    /** Runs a command that changes nothing, with `--dry-run` too. @returns its output, or undefined if it fails */
    async ask(command: readonly string[]): Promise<string | undefined> {
      const { exitCode, stdout } = await capture(command);
      return exitCode === 0 ? stdout : undefined;
    },

    /** Runs a command that changes nothing, with `--dry-run` too. @returns its exit code and output */
    capture,
  };
}

/** Asks a question on the terminal. @throws Problem unless the answer is yes */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new Problem(`${question} There is no terminal to ask on: use --yes. Nothing changed.`);
  const answer = prompt(`${question} Type yes:`);
  if (answer?.trim() !== "yes") throw new Problem("Nothing changed.");
}

/** @throws Problem with a way to install the tool, unless it is on PATH */
export async function need(tool: string, howToGetIt: string): Promise<void> {
  if (!(await which(tool, { nothrow: true }))) throw new Problem(`${tool} is missing: ${howToGetIt}`);
}

import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { AppError } from "../errors.ts";

/** A command that was called with words that make no sense: the program ends with 2 then. */
export class UsageError extends AppError {}

export const usage = (problem: string) => new UsageError("startup", `${problem}; see taskflow --help`);

/**
 * Asks before something is replaced or lost.
 * @throws AppError `startup` for any answer but yes, and where there is nobody to ask
 */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY) throw new AppError("startup", `${question} Say --yes to go ahead; nothing was changed`);
  const answer = await ask(`${question} [y/N] `, process.stderr);
  if (!/^y(es)?$/i.test(answer.trim())) throw new AppError("startup", "nothing was changed");
}

/**
 * Reads a password: the first line of standard input, or what a person types, unseen and twice.
 * @throws AppError `startup` when the two differ
 */
export async function readPassword(): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return ((await Bun.stdin.text()).split(/\r?\n/)[0] ?? "").normalize();
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const typed: string[] = [];
  for (const question of ["Password: ", "The same again: "]) {
    stderr.write(question);
    typed.push(await ask("", unseen));
    stderr.write("\n");
  }
  if (typed[0] !== typed[1]) throw new AppError("startup", "the two passwords differ; nothing was changed");
  return typed[0] ?? "";
}

function ask(question: string, output: NodeJS.WritableStream): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  lines.on("SIGINT", () => process.exit(130));
  lines.question(question, (answer) => {
    lines.close();
    resolve(answer);
  });
  return promise;
}

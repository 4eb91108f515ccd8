import { expect } from "bun:test";
import { runProgram, startProgram } from "./program.ts";

type Environment = Record<string, string | undefined>;

/** Holds that the program said no as an operator can use it: one line that says why, no stack trace, exit code 1; 2 for words that make no sense. */
function expectOneLine(words: string, reason: RegExp): string {
  expect(words).toMatch(/^the program ended with [12]: taskflow: [^\n]+\n$/);
  expect(words.startsWith("the program ended with 2")).toBe(words.endsWith("; see taskflow --help\n"));
  expect(words).toMatch(reason);
  expect(words).not.toMatch(/\bat \S+:\d+|node_modules|Error:/);
  return words;
}

/** A start that is refused. @returns the program's words */
export async function expectRefusedStart(environment: Environment, reason: RegExp, root?: string): Promise<string> {
  const words = await startProgram(environment, [], root).then(
    async (program) => {
      await program[Symbol.asyncDispose]();
      return `the program serves at ${program.url}`;
    },
    (error: Error) => error.message,
  );
  return expectOneLine(words, reason);
}

/** A command that is refused. @returns the program's words */
export async function expectRefusedCommand(
  command: string[],
  environment: Environment,
  reason: RegExp,
  through: readonly string[] = [],
) {
  const { code, stdout, stderr } = await runProgram(command, environment, through);
  return expectOneLine(`the program ended with ${code}: ${stderr}${stdout}`, reason);
}

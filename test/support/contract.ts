import { afterAll, setDefaultTimeout } from "bun:test";
import { type Program, startProgram } from "./program.ts";

/**
 * Returns the URL of the server under test: TASKFLOW_URL, or a server started for this file.
 * The contract specs use only HTTP.
 */
export async function contractUrl(): Promise<string> {
  setDefaultTimeout(180_000); // here, as the default is per file, and several files may share a process
  const given = process.env.TASKFLOW_URL;
  if (given) return given.replace(/\/$/, "");
  const program: Program = await startProgram();
  afterAll(() => program[Symbol.asyncDispose]());
  return program.url;
}

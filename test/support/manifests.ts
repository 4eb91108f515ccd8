import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");
/** Manifests without a fault, small enough to read. */
export const GOOD = join(ROOT, "test", "deploy", "good");

/** On a machine without these tools the specs of manifests are left out, and say so; a gate must not pass that way. */
export const noKubectl = !Bun.which("kubectl") && !process.env.CI;
export const noHelm = noKubectl || (!Bun.which("helm") && !process.env.CI);
if (noKubectl) console.log("skipped: no kubectl was found (https://kubernetes.io/docs/tasks/tools/)");
else if (noHelm) console.log("skipped: no helm was found (https://helm.sh/docs/intro/install)");

/** One thing wrong with manifests that are good otherwise. */
export interface Fault {
  /** What is wrong, as the end of "a manifest that …". */
  readonly what: string;
  /** The file to change, within the good manifests. */
  readonly file: string;
  /** Text in it; without, `to` is added at the end, in a new file where there is none. */
  readonly from?: string;
  readonly to: string;
  /** Where the finding has to point to. */
  readonly object?: string;
  readonly path: string;
  /** The file that the finding names, where it is not the changed one. */
  readonly told?: string;
}

export interface Validation {
  readonly code: number;
  readonly lines: string[];
  readonly errors: string;
}

/** @returns a folder with the good manifests, but for the faults */
export function brokenBy(...faults: Pick<Fault, "file" | "from" | "to">[]): Disposable & { readonly folder: string } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "taskflow-spec-")));
  cpSync(GOOD, folder, { recursive: true });
  for (const { file, from, to } of faults) {
    const place = join(folder, file);
    mkdirSync(dirname(place), { recursive: true });
    if (from === undefined) appendFileSync(place, to);
    else {
      const text = readFileSync(place, "utf8");
      if (!text.includes(from)) throw new Error(`${file} holds no ${from}`);
      writeFileSync(
        place,
        text.replace(from, () => to),
      );
    }
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs the script to its end, in the project's own folder unless another is named. */
export async function validate(
  words: string[],
  environment: Record<string, string> = {},
  cwd = ROOT,
): Promise<Validation> {
  const child = Bun.spawn([process.execPath, join(ROOT, "scripts", "validate.ts"), ...words], {
    cwd,
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, lines: output.split("\n").filter(Boolean), errors };
}

import { join } from "node:path";
import { $ } from "zx";
import { ROOT } from "./program.ts";

/** Without these tools, the specs of manifests are skipped on a user's machine. In CI they run, and fail. */
export const noKubectl = !Bun.which("kubectl") && !process.env.CI;
export const noHelm = noKubectl || (!Bun.which("helm") && !process.env.CI);
if (noKubectl) console.log("skipped: kubectl is missing (https://kubernetes.io/docs/tasks/tools)");
else if (noHelm) console.log("skipped: helm is missing (https://helm.sh/docs/intro/install)");

const SCRIPT = join(ROOT, "scripts", "validate.ts");

/** Runs scripts/validate.ts. */
export async function validate(words: string[], environment: Record<string, string> = {}) {
  const env = { ...process.env, ...environment };
  const child = await $({ env, nothrow: true, quiet: true, input: "" })`${process.execPath} ${SCRIPT} ${words}`;
  return { code: child.exitCode, lines: child.stdout.split("\n").filter(Boolean), errors: child.stderr.trim() };
}

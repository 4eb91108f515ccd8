#!/usr/bin/env bun
import { NAMESPACE } from "./lib/deployment.ts";
import { need, Problem, runScript } from "./lib/script.ts";
import { findingsIn } from "./validate/checks.ts";
import { titleOf } from "./validate/objects.ts";
import { findTargets, render } from "./validate/render.ts";
import { findSecretsInGit } from "./validate/secrets.ts";

const HELP = `Usage: bun scripts/validate.ts [options]

Renders every overlay, alone and with each component, and the chart with each of its values files. Then checks that the
schemas are met, that everything referred to exists, that selectors match, that pods are restricted, that the app has
the probes' paths, that all replicas share one database, and that git contains no secrets.

  --overlay NAME      check only this overlay, given by name or folder
  --component NAME    add this component, given by name or folder; can be repeated
  --values FILE       check only the chart, with this values file; can be repeated
  --context NAME      also run kubectl apply --dry-run=server in this cluster
  --dry-run           print the commands
  --help              print this help`;

await runScript({
  help: HELP,
  options: {
    overlay: { type: "string" },
    component: { type: "string", multiple: true },
    values: { type: "string", multiple: true },
    context: { type: "string" },
  },
  async main({ overlay, component, values, context }, words, steps) {
    if (words.length > 0) throw new Problem(`Unknown argument ${words[0]}. See --help.`, 2);
    const isPart = Boolean(overlay || component || values);
    const targets = findTargets(overlay, component, values);
    const server = ["kubectl", `--context=${context}`, `--namespace=${NAMESPACE}`, "apply"];
    const apply = [...server, "--server-side", "--force-conflicts", "--dry-run=server", "--filename=-"];
    if (steps.dryRun) {
      for (const { name, command } of targets) await steps.run(name, command);
      if (context) await steps.run("server", apply);
      return;
    }
    await need("kubectl", "see https://kubernetes.io/docs/tasks/tools");
    if (targets.some(({ values }) => values)) await need("helm", "see https://helm.sh/docs/intro/install");

    /** The renderings with each problem: most files are part of several. */
    const problems = new Map<string, string[]>();
    const report = (line: string, name: string) => problems.set(line, [...(problems.get(line) ?? []), name]);
    const rendered = targets.map((target) =>
      render(target).catch((error) => {
        if (!(error instanceof Problem)) throw error;
        report(error.message, target.name);
      }),
    );
    const renderings = (await Promise.all(rendered)).filter((each) => each !== undefined);
    for (const rendering of renderings)
      for (const [object, path, message] of await findingsIn(rendering))
        report(`${titleOf(object)} ${path}: ${message}`, rendering.name);
    const secrets = isPart ? undefined : await findSecretsInGit();
    for (const line of secrets ?? []) report(line, "git");
    if (context && problems.size === 0)
      for (const { name, objects } of renderings) {
        const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
        const { exitCode, stderr } = await steps.capture(apply, { input });
        if (exitCode !== 0) report(`${context}: ${stderr.trim()}`, name);
      }

    for (const [line, [name, ...others]] of problems)
      console.log(`${line} (${name}${others.length > 0 ? ` and ${others.length} more` : ""})`);
    if (problems.size > 0) throw new Problem(`${problems.size} ${problems.size === 1 ? "finding" : "findings"}`);
    for (const { name, objects } of renderings) console.log(`${name}: ${objects.length} objects pass`);
    if (secrets) console.log("git: contains no secrets");
  },
});

#!/usr/bin/env bun
import { join } from "node:path";

const FOLDER = import.meta.dir;
const HELP = `Usage: bun deploy/monitoring/copy.ts [--dry-run]

Writes the copies of rules.yaml that the chart and Kustomize need, as neither reads files outside of its own folder.`;
const COMMENT = "# A copy of deploy/monitoring/rules.yaml. Change that, then run: bun deploy/monitoring/copy.ts\n";

/** Returns the text of each copy by its path. The chart limits the rules to its namespace itself. */
export async function copies(): Promise<Map<string, string>> {
  const rules = (await Bun.file(join(FOLDER, "rules.yaml")).text()).replace(/^#.*\n/gm, "");
  const ours = rules.replaceAll('job="taskflow', 'namespace="taskflow",job="taskflow').replaceAll(/^(?=.)/gm, "  ");
  const object = `${COMMENT}apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: taskflow
spec:
${ours}`;
  return new Map([
    [join(FOLDER, "..", "chart", "taskflow", "rules.yaml"), COMMENT + rules],
    [join(FOLDER, "..", "kustomize", "components", "monitoring", "rules.yaml"), object],
  ]);
}

if (import.meta.main) {
  if (Bun.argv.includes("--help")) console.log(HELP);
  else
    for (const [path, text] of await copies()) {
      console.log(path);
      if (!Bun.argv.includes("--dry-run")) await Bun.write(path, text);
    }
}

import { checkDatabase } from "./database.ts";
import type { Finding, Findings, Rendering } from "./objects.ts";
import { checkPodSecurity } from "./pod-security.ts";
import { checkProbes } from "./probes.ts";
import { checkReferences } from "./references.ts";
import { checkSchema } from "./schema.ts";
import { checkSecrets } from "./secrets.ts";
import { checkSelectors } from "./selectors.ts";

const CHECKS: readonly ((rendering: Rendering) => Findings)[] = [
  checkReferences,
  checkSelectors,
  checkPodSecurity,
  checkProbes,
  checkDatabase,
  checkSecrets,
];

/** Returns the problems of a rendering. The other checks rely on the schema, so they run only if it is met. */
export async function findingsIn(rendering: Rendering): Promise<Finding[]> {
  const findings = (await Promise.all(rendering.objects.map(checkSchema))).flat();
  return findings.length > 0 ? findings : CHECKS.flatMap((check) => [...check(rendering)]);
}

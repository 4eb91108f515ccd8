import type { Cluster } from "../lib/cluster.ts";
import { Problem, type Steps } from "../lib/script.ts";
import { check } from "./check.ts";
import { explain } from "./diagnosis.ts";
import { awaitReady, endpointOf } from "./endpoint.ts";
import { helmArguments, type Rendering, type Target } from "./render.ts";
import { apply, awaitRollout, helmForce, keepPassed, removeOnlyIn } from "./rollout.ts";

export interface Roll {
  readonly steps: Steps;
  readonly cluster: Cluster;
  readonly target: Target;
  readonly rendering: Rendering;
  /** The value of `--url`. */
  readonly url: string | undefined;
  /** The overlay's last rendering that passed. */
  readonly passed: string | undefined;
  /** The backup made before, if any. */
  readonly backup: string | undefined;
  /** Seconds for which the error rate is watched. */
  readonly watch: number;
}

/** Applies a rendering, waits for it and checks it. Rolls back if that fails. @throws Problem */
export async function roll(given: Roll): Promise<void> {
  const { steps, cluster, target, rendering, url, passed, watch } = given;
  const revision = target.chart ? await deployedRevision(steps, cluster) : undefined;
  try {
    if (target.chart) {
      // Without --wait: Helm would wait for the volume of the backups, which most clusters create for the first backup.
      const options = ["upgrade", "--install", "--history-max=10", ...(await helmForce(steps))];
      await steps.run("Installing the chart", cluster.helm(...options, ...helmArguments(target)));
    } else await apply(steps, cluster, rendering.file);
    await awaitRollout(steps, cluster, rendering.yaml);
    await check(steps, cluster, target.stage, endpointOf(rendering.yaml, cluster, url), watch);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(error.message);
    await explain(steps, cluster);
    await rollBack(given, revision);
  }
  if (target.chart) return;
  if (passed) await removeOnlyIn(steps, cluster, passed, rendering.yaml);
  await keepPassed(steps, cluster, rendering);
}

/** Returns the number of Helm's newest revision that was deployed. */
async function deployedRevision(steps: Steps, { helm }: Cluster): Promise<number | undefined> {
  const text = steps.dryRun ? "" : await steps.ask(helm("history", "taskflow", "--output=json"));
  const revisions = JSON.parse(text || "[]") as { revision: number; status: string }[];
  return revisions.findLast(({ status }) => status === "deployed")?.revision;
}

/** @throws Problem, always: the deployment has failed */
async function rollBack(given: Roll, revision: number | undefined): Promise<never> {
  const { steps, cluster, target, rendering, url, passed, backup = "latest" } = given;
  const earlier = target.chart ? revision && rendering.yaml : passed;
  if (!earlier)
    throw new Problem(
      "The deployment failed. No earlier one passed here, so nothing was rolled back. Fix the cause shown above and deploy again.",
    );
  try {
    if (revision !== undefined) {
      const options = ["--history-max=10", ...(await helmForce(steps))];
      const command = cluster.helm("rollback", "taskflow", `${revision}`, ...options);
      await steps.run(`Rolling back to revision ${revision}`, command);
    } else {
      await apply(steps, cluster, "-", earlier);
      // Before the rollout: a policy that does not belong there may be what makes the pods fail.
      await removeOnlyIn(steps, cluster, rendering.yaml, earlier);
    }
    await awaitRollout(steps, cluster, earlier);
    await awaitReady(steps, endpointOf(earlier, cluster, url));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const restore = `bun scripts/restore.ts ${backup} --context ${cluster.context}`;
    throw new Problem(
      `${error.message}\nThe deployment failed, and so did the rollback. If the logs say that the database is newer than the program, restore the backup: ${restore}`,
    );
  }
  throw new Problem("The deployment failed and was rolled back. TaskFlow runs as before.");
}

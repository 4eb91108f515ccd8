import type { Cluster } from "../lib/cluster.ts";
import { Problem, type Steps } from "../lib/script.ts";
import { disableAccounts } from "./accounts.ts";
import { holdContract } from "./contract.ts";
import { awaitReady, type Entrance, isReady } from "./entrance.ts";
import type { App } from "./objects.ts";
import { type Kept, keepProven, withoutSecrets } from "./proven.ts";
import { helmWords, type Wanted } from "./render.ts";
import {
  APP,
  apply,
  awaitRollout,
  droppedFrom,
  explain,
  goBack,
  helm,
  helmForce,
  helmHistory,
  newestRelease,
  remove,
  removeOldConfig,
  start,
} from "./rollout.ts";

export interface Roll {
  readonly steps: Steps;
  readonly cluster: Cluster;
  readonly wanted: Wanted;
  readonly yaml: string;
  readonly entrance: Entrance;
  /** What was there before, if anything. */
  readonly live: App | undefined;
  /** What was proven before. */
  readonly kept: readonly Kept[];
  /** The name of the backup from before, where one was made. */
  readonly backup: string | undefined;
}

/** Applies, waits, proves; goes back when that fails. @throws Problem */
export async function roll(given: Roll): Promise<void> {
  const { steps, cluster, wanted, yaml, entrance, kept } = given;
  const before = kept.at(-1);
  // Where nobody but the developer is, and where a pod is too small for a second process.
  const isPlayground = wanted.stage === "dev";
  try {
    if (wanted.chart) {
      const words = [...(await helmForce(steps)), await helmHistory(steps, cluster, kept), ...helmWords(wanted)];
      await steps.run("Applying the chart", [...helm(cluster, "upgrade", "--install"), ...words]);
    } else await apply(steps, cluster, yaml);
    await start(steps, cluster, yaml);
    await awaitRollout(steps, cluster);
    if (!wanted.chart) await remove(steps, cluster, droppedFrom(before?.manifests, yaml));
    await awaitReady(steps, entrance);
    await holdContract(steps, entrance);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.error(error.message);
    await explain(steps, cluster);
    if (!before) {
      const undo = wanted.chart ? helm(cluster, "rollback", "taskflow") : cluster.kubectl("rollout", "undo", APP);
      throw new Problem(
        `The deployment failed, and nothing was proven here before that it could go back to: what was applied stays. Put right what the lines above say, and deploy again${given.live ? `; pods that served before, unproven, come back by: ${undo.join(" ")}` : ""}`,
      );
    }
    await putBack(given, before);
    if (!isPlayground) await disableAccounts(steps, cluster);
    throw new Problem(
      `The deployment failed. All that was proven on ${before.since} is back, and ready at ${before.entrance.address}.`,
    );
  }
  if (!isPlayground) await disableAccounts(steps, cluster);
  const release = wanted.chart ? await newestRelease(steps, cluster) : undefined;
  const manifests = withoutSecrets(yaml);
  // The same once more is nothing else to go back to.
  const instead = before?.manifests === manifests ? before : undefined;
  await keepProven(steps, cluster, { manifests, entrance, release }, kept, instead);
  if (!wanted.chart) await removeOldConfig(steps, cluster, yaml);
}

/** @throws Problem that says how TaskFlow is now, and what to do, when going back fails, too */
async function putBack({ steps, cluster, yaml, kept, backup }: Roll, before: Kept): Promise<void> {
  try {
    const back = await goBack(steps, cluster, before, yaml, kept);
    // What Helm has gone back to is a release of its own, and old ones are forgotten.
    if (back.release !== before.release) await keepProven(steps, cluster, back, kept, before);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { address } = before.entrance;
    const now = (await isReady(before.entrance))
      ? `It is ready at ${address} meanwhile`
      : `It is not ready at ${address}`;
    const restore = `bun scripts/restore.ts ${backup || "FILE"} --context ${cluster.context}`;
    throw new Problem(
      `${error.message}\nThe deployment failed, and TaskFlow did not come back as it was. ${now}. If the logs say that the database is newer than the program, put back the backup from before the deployment: ${restore}`,
    );
  }
}

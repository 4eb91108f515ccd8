import { join } from "node:path";
import { type Cluster, PODS } from "../lib/cluster.ts";
import { ROOT } from "../lib/image.ts";
import { Problem, type Steps } from "../lib/script.ts";
import { findFailure } from "./diagnosis.ts";
import { awaitReady, type Endpoint, hostProxy } from "./endpoint.ts";
import { APP } from "./rollout.ts";

/** How the contract specs name the accounts that they register (test/support/client.ts). */
const CONTRACT_ACCOUNT = /^(person-\d+-[0-9a-f]{8}) +\1@example\.org +\S+/gm;
/** A deployment fails with more errors than this, and more than 1 % of the requests. */
const TOLERATED_ERRORS = 2;
const PAUSE_MS = 5000;

/**
 * Checks a deployment through the Ingress: with `taskflow check` in production, where a hundred sign-ups would slow
 * people down, and with the contract specs elsewhere. Deletes the accounts that this creates, also when it fails.
 * @param seconds for which the error rate is watched afterwards
 * @throws Problem
 */
export async function check(
  ...[steps, cluster, stage, endpoint, seconds]: [Steps, Cluster, string, Endpoint, number]
): Promise<void> {
  const since = new Date();
  await awaitReady(steps, endpoint);
  using proxy = steps.dryRun ? undefined : hostProxy(endpoint);
  const url = proxy?.url ?? endpoint.url;
  const account = `check-${crypto.randomUUID().slice(0, 13)}`;
  const program = [process.execPath, join(ROOT, "src", "index.ts")];
  const specs = [process.execPath, `--cwd=${ROOT}`, "test", "--parallel", "test/contract"];
  try {
    if (stage === "prod") await steps.run("Checking", [...program, "check", "--url", url, "--account", account]);
    else await steps.run("Running the contract specs", specs, { environment: { TASKFLOW_URL: url, CI: "" } });
  } finally {
    const names = stage === "prod" ? [account] : await contractAccounts(steps, cluster);
    await deleteAccounts(steps, cluster, names);
  }
  if (seconds > 0) await watchErrors(steps, cluster, since, seconds);
}

const user = ({ kubectl }: Cluster, ...words: string[]) =>
  kubectl("exec", APP, "--", "/usr/bin/taskflow", "user", ...words);

async function contractAccounts(steps: Steps, cluster: Cluster): Promise<string[]> {
  const list = steps.dryRun ? undefined : await steps.ask(user(cluster, "list"));
  return Array.from((list ?? "").matchAll(CONTRACT_ACCOUNT), ([, name = ""]) => name);
}

/** Deletes accounts with one process, which takes memory beside the server in its pod. A failure is only reported. */
async function deleteAccounts(steps: Steps, cluster: Cluster, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await steps
    .run("Deleting the accounts of the check", user(cluster, "delete", "--yes", ...names))
    .catch((error: Problem) => {
      console.error(`${error.message}\nLook for accounts that remain: ${user(cluster, "list").join(" ")}`);
    });
}

/** Counts responses with a status of 500 and above in the logs of the pods. @throws Problem */
async function watchErrors(steps: Steps, cluster: Cluster, since: Date, seconds: number): Promise<void> {
  const options = [`--since-time=${since.toISOString()}`, "--tail=-1", "--max-log-requests=20"];
  const logs = cluster.kubectl("logs", `--selector=${PODS}`, ...options);
  if (steps.dryRun) return void (await steps.run("Watching", logs));
  console.error(`Watching for errors for ${seconds} s …`);
  for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
    const failure = await findFailure(steps, cluster).catch(() => undefined);
    if (failure) throw new Problem(`The deployment fails under load. ${failure}`);
    await Bun.sleep(Math.min(PAUSE_MS, Math.max(0, end - performance.now())));
  }
  const requests = ((await steps.ask(logs)) ?? "").split("\n").filter((line) => line.includes('"body":"request"'));
  const errors = requests.filter((line) => /"http.response.status_code":5\d\d\b/.test(line));
  const summary = `${errors.length} of ${requests.length} requests failed`;
  console.error(summary);
  if (errors.length > Math.max(TOLERATED_ERRORS, requests.length / 100))
    throw new Problem([`${summary}:`, ...errors.slice(-10)].join("\n"));
}

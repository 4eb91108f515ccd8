import type { Cluster } from "../lib/cluster.ts";
import type { Steps } from "../lib/script.ts";

/** How the contract names whom it signs up (test/support/client.ts), with an address that can be nobody's. */
const OURS = /^(person-\d+-[0-9a-f]{8}) +\1@example\.org +\S+$/gm;

/**
 * Disables the accounts that the contract has signed up: nobody should be able to get in by a password that is public.
 * One at a time, as each is a process beside the server in the pod's own memory. Where that may not be done it says so.
 */
export async function disableAccounts(steps: Steps, { kubectl }: Cluster): Promise<void> {
  const user = (...words: string[]) =>
    kubectl("exec", "deployment/taskflow", "--", "/usr/bin/taskflow", "user", ...words);
  if (steps.dryRun) return void (await steps.run("Disabling the contract's accounts", user("disable", "NAME")));
  const list = await steps.ask(user("list"));
  const names = [...(list ?? "").matchAll(OURS)].map(([, name = ""]) => name);
  if (names.length > 0) console.error(`Disabling the contract's ${names.length} accounts …`);
  let left = list === undefined;
  for (const name of names) left = (await steps.ask(user("disable", name))) === undefined || left;
  if (left)
    console.error("Accounts that the contract signed up stay (person-…@example.org): taskflow user disable NAME");
}

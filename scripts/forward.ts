#!/usr/bin/env bun
import { openCluster } from "./lib/cluster.ts";
import { Problem, runScript } from "./lib/script.ts";

const HELP = `bun scripts/forward.ts [PORT]: TaskFlow in a cluster at http://localhost:PORT (8000), past the ingress

  --context NAME    the cluster; without, the current one
  --dry-run         prints the command
  --help

Until Ctrl+C.`;

await runScript({
  help: HELP,
  options: { context: { type: "string" } },
  async main({ context }, [port = "8000", ...more], steps) {
    if (more.length > 0 || !/^\d{1,5}$/.test(port)) throw new Problem("say a port, or nothing; see --help", 2);
    const { kubectl } = await openCluster(steps, context);
    await steps.run("Forwarding", kubectl("port-forward", "service/taskflow", `${port}:80`), { loud: true });
  },
});

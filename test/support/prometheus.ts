import { join } from "node:path";
import { $ } from "zx";
import { killAtEnd } from "../../scripts/lib/leftovers.ts";
import { dataFolder } from "./data-folder.ts";
import { freePort } from "./free-port.ts";
import { ROOT } from "./program.ts";
import { waitUntil } from "./wait-until.ts";

export const MONITORING = join(ROOT, "deploy", "monitoring");

/** Without Prometheus, its specs are skipped on a user's machine. In CI they run, and fail. */
export const noPrometheus = !Bun.which("prometheus") && !process.env.CI;
if (noPrometheus) console.log("skipped: prometheus is missing (Debian: apt-get install prometheus)");

/** Runs promtool, which comes with Prometheus. */
export async function promtool(...words: string[]) {
  const { exitCode, stdout, stderr } = await $({ nothrow: true, quiet: true })`promtool ${words}`;
  return { code: exitCode, output: stdout + stderr };
}

/** Returns the panels of a dashboard with their queries, without the rows. */
export async function panelsOf(dashboard: "service" | "database") {
  const { panels } = (await Bun.file(join(MONITORING, "dashboards", `${dashboard}.json`)).json()) as {
    panels: { id: number; type: string; title: string; description: string; targets: { expr: string }[] }[];
  };
  return panels.filter(({ type }) => type !== "row");
}

interface Sample {
  readonly metric: Record<string, string>;
  readonly value: [time: number, value: string];
}

/**
 * Starts a Prometheus with our rules that scrapes every second.
 * @param targets ports of metrics on this machine, by the namespace that their series get
 */
export async function startPrometheus(targets: Record<string, number>) {
  const folder = dataFolder();
  const rules = await Bun.file(join(MONITORING, "rules.yaml")).text();
  // The one thing that differs from production: an alert fires at once, not after its condition has lasted.
  await Bun.write(folder.file("rules.yaml"), rules.replaceAll(/for: \d+[smh]$/gm, "for: 0s"));
  const static_configs = Object.entries(targets).map(([namespace, port]) => ({
    targets: [`127.0.0.1:${port}`],
    labels: { namespace },
  }));
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: ["rules.yaml"],
    scrape_configs: [{ job_name: "taskflow", static_configs }],
  };
  await Bun.write(folder.file("prometheus.yml"), JSON.stringify(config));
  const port = freePort();
  const flags = [`--config.file=${folder.file("prometheus.yml")}`, `--storage.tsdb.path=${folder.file("data")}`];
  const child = killAtEnd(
    Bun.spawn(["prometheus", ...flags, `--web.listen-address=127.0.0.1:${port}`, "--log.level=error"], {
      stdio: ["ignore", "ignore", "inherit"],
    }),
  );

  /** Asks for the current value. @returns the series that have one */
  async function query(expression: string): Promise<Sample[]> {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const { data, error } = (await response.json()) as { data?: { result: Sample[] }; error?: string };
    if (!data) throw new Error(`${expression}: ${error}`);
    return data.result.filter(({ value }) => value[1] !== "NaN");
  }

  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitUntil(async () => {
    if (child.exitCode !== null) throw new Error("Prometheus has ended; see its output above");
    return isReady();
  });
  return {
    query,
    /** Waits until an alert fires. */
    fires: (alert: string, labels: string) =>
      waitUntil(async () => (await query(`ALERTS{alertname="${alert}",alertstate="firing",${labels}}`)).length > 0),
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
      folder[Symbol.dispose]();
    },
  };
}

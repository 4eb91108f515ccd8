import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { copies } from "../../deploy/monitoring/copy.ts";
import { ROOT } from "../support/program.ts";
import { MONITORING, noPrometheus, panelsOf, promtool } from "../support/prometheus.ts";

setDefaultTimeout(60_000);

interface Rule {
  readonly alert?: string;
  readonly labels?: { severity?: string };
  readonly annotations?: { summary?: string; runbook_url?: string };
}
interface Case {
  readonly alert_rule_test: { alertname: string; exp_alerts?: { exp_labels: { severity: string } }[] }[];
}

const read = async (name: string) => Bun.YAML.parse(await Bun.file(join(MONITORING, name)).text());
const { groups } = (await read("rules.yaml")) as { groups: { rules: Rule[] }[] };
const alerts = groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert);
const nameOf = ({ alert, labels }: Rule) => `${alert} ${labels?.severity}`;
const RUNBOOKS = join(ROOT, "docs", "runbooks");

describe.skipIf(noPrometheus)("promtool", () => {
  it("accepts the rules and the configuration of Compose", async () => {
    expect(await promtool("check", "rules", "--lint-fatal", join(MONITORING, "rules.yaml"))).toMatchObject({ code: 0 });
    expect(await promtool("check", "config", join(MONITORING, "prometheus.yml"))).toMatchObject({ code: 0 });
  });

  it("sees each alert fire, and not fire", async () => {
    const files = ["rules.test.yaml", "days.test.yaml"];
    for (const { code, output } of await Promise.all(
      files.map((file) => promtool("test", "rules", join(MONITORING, file))),
    ))
      expect(code, output).toBe(0);
    const tests = (await Promise.all(files.map(read))) as { tests: Case[] }[];
    const cases = tests.flatMap((file) => file.tests.flatMap((each) => each.alert_rule_test));
    const firing = cases.flatMap(({ alertname, exp_alerts = [] }) =>
      exp_alerts.map(({ exp_labels }) => `${alertname} ${exp_labels.severity}`),
    );
    const silent = cases.filter(({ exp_alerts }) => !exp_alerts).map(({ alertname }) => alertname);
    expect(alerts.map(nameOf).filter((name) => !firing.includes(name))).toEqual([]);
    expect(alerts.filter(({ alert = "" }) => !silent.includes(alert)).map(nameOf)).toEqual([]);
  });
});

describe("each alert", () => {
  it("has a severity, a summary and a runbook, which begins with its name", async () => {
    for (const { alert, labels, annotations } of alerts) {
      expect([alert, ["critical", "warning"].includes(labels?.severity ?? "")]).toEqual([alert, true]);
      expect(annotations?.summary).toMatch(/[a-z]{4}.*\./);
      const path = annotations?.runbook_url ?? "";
      expect(path).toStartWith("docs/runbooks/");
      expect([alert, await Bun.file(join(ROOT, path)).text()]).toEqual([
        alert,
        expect.stringMatching(new RegExp(`^# ${alert}\\n[\\s\\S]+\\n## Investigate\\n[\\s\\S]+\\n## Do\\n`)),
      ]);
    }
  });

  it("is in the list of runbooks, with its severities", async () => {
    const named = Object.groupBy(alerts, ({ annotations }) => annotations?.runbook_url ?? "");
    const severities = Object.entries(named).map(([path, rules = []]) => {
      const all = new Set(rules.map(({ labels }) => labels?.severity ?? ""));
      return [path, rules[0]?.alert ?? "", [...all].sort().join(", ")];
    });
    const text = await Bun.file(join(RUNBOOKS, "README.md")).text();
    const listed = [...text.matchAll(/^\| (\w+) \| ([a-z, ]+) \| \[[a-z-]+\]\(([a-z-]+\.md)\) \|$/gm)].map(
      ([, alert = "", severity = "", file]) => [`docs/runbooks/${file}`, alert, severity],
    );
    expect(listed.sort()).toEqual(severities.sort());
    expect(readdirSync(RUNBOOKS).length).toBe(listed.length + 1);
  });
});

it("the monitoring of Compose has pinned images, and is open to this machine only", async () => {
  const compose = Bun.YAML.parse(await Bun.file(join(MONITORING, "..", "compose.yaml")).text()) as {
    services: Record<string, { profiles?: string[]; image: string; ports: string[]; read_only: boolean }>;
  };
  const services = Object.values(compose.services).filter(({ profiles }) => profiles?.includes("monitoring"));
  expect(services).toHaveLength(3);
  for (const { image, ports, read_only } of services) {
    expect(image).toMatch(/:-docker\.io\/[a-z/]+:v?\d+\.\d+\.\d+\}$/);
    for (const port of ports) expect(port).toStartWith("127.0.0.1:");
    expect(read_only).toBe(true);
  }
});

it.each(["service", "database"] as const)("each panel of the dashboard %s says what to do", async (name) => {
  for (const { title, description } of await panelsOf(name)) {
    expect([title, description?.length > 40]).toEqual([title, true]);
    for (const [path] of description.matchAll(/docs\/[a-z/-]+\.md/g))
      expect([title, path, await Bun.file(join(ROOT, path)).exists()]).toEqual([title, path, true]);
  }
});

it("the chart and Kustomize have the same rules; if not: bun deploy/monitoring/copy.ts", async () => {
  for (const [path, text] of await copies()) expect(await Bun.file(path).text()).toBe(text);
});

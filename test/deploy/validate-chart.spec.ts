import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHART } from "../support/helm.ts";
import { GOOD, noHelm, noKubectl, validate } from "../support/manifests.ts";

setDefaultTimeout(60_000); // each run renders, and starts TaskFlow to ask it

const scene = mkdtempSync(join(tmpdir(), "taskflow-spec-"));
afterAll(() => rmSync(scene, { recursive: true, force: true }));

/** A chart of the good manifests, in a folder of its own, with other files on top. */
function chartWith(name: string, files: Record<string, string> = {}): string {
  const chart = join(scene, name, "chart");
  mkdirSync(join(chart, "templates"), { recursive: true });
  const rendered = Bun.spawnSync(["kubectl", "kustomize", join(GOOD, "overlays", "one")]).stdout.toString();
  const all = {
    "Chart.yaml": "apiVersion: v2\nname: taskflow\nversion: 0.1.0\nicon: https://example.org/icon.svg\n",
    "values.yaml": "image: taskflow\n",
    "values-prod.yaml": "image: taskflow\n",
    "templates/all.yaml": rendered.replaceAll("image: taskflow", "image: {{ .Values.image }}"),
    ...files,
  };
  for (const [file, text] of Object.entries(all)) writeFileSync(join(chart, file), text);
  return chart;
}

/** What is to be said where there is another controller, other storage, and a database that somebody else keeps. */
const elsewhere = (namespace: string) => `
ingress: { className: nginx, tls: { enabled: true, clusterIssuer: "", secretName: certificate } }
persistence: { storageClass: gp3 }
secret: { existingSecret: keys }
database: { engine: postgres, existingSecret: address }
networkPolicy:
  databasePort: 25060
  databaseTo: [{ ipBlock: { cidr: 192.0.2.0/24 } }, { podSelector: { matchLabels: { cnpg.io/cluster: database } } }]
  ingressFrom: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ${namespace} } } }]
`;

/** A PATH on which only some tools are. */
function pathWith(name: string, tools: string[]): string {
  const folder = join(scene, name);
  mkdirSync(folder);
  for (const tool of tools) symlinkSync(Bun.which(tool) ?? "", join(folder, tool));
  return folder;
}

describe.skipIf(noHelm)("a chart", () => {
  it("is checked with every file of values", async () => {
    const chart = chartWith("good");
    expect(await validate([chart])).toEqual({
      code: 0,
      errors: "",
      lines: [
        `${chart} with values.yaml: 14 objects are right`,
        `${chart} with values-prod.yaml: 14 objects are right`,
      ],
    });
  });

  it("fails for one file of values, which is named with the template, the object and the path", async () => {
    const chart = chartWith("values", { "values-prod.yaml": "image: taskflow:latest\n" });
    const { code, lines } = await validate([chart]);
    expect(code).toBe(1);
    const place = `${chart} with values-prod.yaml (${chart}/templates/all.yaml): Deployment/taskflow`;
    const found = lines.filter((line) => line.startsWith(place));
    expect(found).toEqual([expect.stringContaining(" spec.template.spec.containers[0].image: ")]);
    expect(lines.filter((line) => line.includes("with values.yaml"))).toEqual([]);
  });

  it("is checked with the files of values that are named alone, together, and for any cluster", async () => {
    const chart = join(scene, "elsewhere");
    cpSync(CHART, chart, { recursive: true });
    writeFileSync(join(chart, "values-dev.yaml"), "ingress: { className: treafik }\n");
    const words = (name: string, namespace: string) => {
      const file = join(scene, name);
      writeFileSync(file, elsewhere(namespace));
      return [chart, "--values", join(chart, "values-prod.yaml"), "--values", file];
    };
    const named = `${chart} with values-prod.yaml and ${join(scene, "right.yaml")}`;
    expect(await validate(words("right.yaml", "ingress-nginx"))).toMatchObject({
      code: 0,
      lines: [expect.stringMatching(new RegExp(`^${named}: \\d+ objects are right$`))],
    });
    const { code, lines } = await validate(words("wrong.yaml", "monitoring"));
    expect([code, lines]).toEqual([1, [expect.stringContaining(" NetworkPolicy/taskflow-ingress spec.ingress[0]: ")]]);
    expect(await validate([chart, "--values", join(scene, "none.yaml")])).toMatchObject({ code: 2, lines: [] });
  });

  it("may be told to make no network policies, where a cluster heeds none", async () => {
    const chart = join(scene, "open");
    cpSync(CHART, chart, { recursive: true });
    writeFileSync(join(chart, "values-dev.yaml"), "networkPolicy:\n  enabled: false\n");
    const { code, lines } = await validate([chart]);
    expect([code, lines.filter((line) => !line.endsWith(" objects are right"))]).toEqual([0, []]);
  });

  it("fails when helm has a complaint", async () => {
    const { code, lines } = await validate([chartWith("lint", { "values-prod.yaml": "image: [\n" })]);
    expect([code, lines.filter((line) => line.includes("values-prod.yaml: helm lint --strict: "))]).toEqual([
      1,
      [expect.anything()],
    ]);
  });

  it("fails when an object comes twice", async () => {
    const account = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: taskflow\n  namespace: taskflow\n";
    const { code, lines } = await validate([chartWith("twice", { "templates/account.yaml": account })]);
    expect([code, lines.some((line) => line.includes(" with values.yaml: rendering: "))]).toEqual([1, true]);
  });
});

describe.skipIf(noKubectl)("without helm", () => {
  let folder: string;
  let PATH: string;
  beforeAll(() => {
    folder = join(chartWith("alone"), "..");
    cpSync(GOOD, join(folder, "good"), { recursive: true });
    PATH = pathWith("no-helm", ["kubectl", "git", "bash"]);
  });

  it("the rest is checked on a person's machine, and it is told what was not", async () => {
    const { code, lines } = await validate([folder], { PATH, CI: "" });
    expect(code).toBe(0);
    expect(lines[0]).toStartWith("skipped: the chart, as helm is missing: https://");
    expect(lines.length).toBe(3);
  });

  it("nothing passes where it counts", async () => {
    const { code, errors } = await validate([folder], { PATH, CI: "true" });
    expect([code, errors]).toEqual([1, expect.stringMatching(/^helm is missing: https:\/\/\S+ says how/)]);
  });
});

describe("the script", () => {
  it("says how to get kubectl where it is missing", async () => {
    const { code, errors } = await validate([GOOD], { PATH: pathWith("nothing", ["bash"]) });
    expect([code, errors]).toEqual([1, expect.stringMatching(/^kubectl is missing: https:\/\/\S+ says how/)]);
  });

  it("says what it takes, on one screen", async () => {
    const { code, lines } = await validate(["--help"]);
    expect(code).toBe(0);
    expect(lines.length).toBeLessThan(24);
    expect(lines.join("\n")).toContain("--dry-run");
  });

  it("refuses words that make no sense", async () => {
    expect((await validate(["--strict"])).code).toBe(2);
    expect(await validate([join(scene, "nowhere")])).toMatchObject({ code: 2, lines: [] });
  });

  it("does not call nothing right", async () => {
    const empty = join(scene, "empty");
    mkdirSync(empty);
    expect(await validate([empty])).toMatchObject({ code: 1, lines: [] });
  });

  it.skipIf(noKubectl)("tells what it would render", async () => {
    const { code, lines } = await validate(["--dry-run", GOOD]);
    expect(code).toBe(0);
    expect(lines).toEqual([
      "kubectl kustomize test/deploy/good/overlays/many",
      "kubectl kustomize test/deploy/good/overlays/one",
    ]);
  });

  it.skipIf(noKubectl)("checks an overlay with the component that is named on top", async () => {
    const [overlay, component] = ["deploy/kustomize/overlays/prod", "deploy/kustomize/components/postgres"];
    expect(await validate([overlay, "--component", component])).toMatchObject({
      code: 0,
      lines: [expect.stringMatching(new RegExp(`^${overlay} with ${component}: \\d+ objects are right$`))],
    });
    expect(await validate([overlay, "--component", overlay])).toMatchObject({ code: 2, lines: [] });
  });
});

describe.skipIf(noHelm)("the manifests of this repository", () => {
  it("have no fault", async () => {
    const { code, lines, errors } = await validate([]);
    expect([errors, lines.filter((line) => !/ objects are right$|^not checked: /.test(line))]).toEqual(["", []]);
    expect(code).toBe(0);
  });
});

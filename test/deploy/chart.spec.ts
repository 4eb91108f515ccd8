import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import {
  CHART,
  comparable,
  type KubernetesObject,
  lint,
  renderChart,
  renderOverlay,
  template,
  templateAs,
} from "../support/helm.ts";
import { noHelm } from "../support/manifests.ts";

setDefaultTimeout(180_000);

const values = (name: string) => ["--values", join(CHART, `values-${name}.yaml`)];
const set = (...pairs: string[]) => pairs.flatMap((pair) => ["--set", pair]);
const POSTGRES = values("postgres");

describe.skipIf(noHelm)("the chart creates the same objects as Kustomize", () => {
  const pairs: [what: string, overlay: string, components: string[], words: string[]][] = [
    ["dev", "overlays/dev", [], values("dev")],
    ["prod", "overlays/prod", [], values("prod")],
    ["its defaults", "base", [], []],
    ["PostgreSQL", "base", ["postgres"], POSTGRES],
    ["prod on PostgreSQL", "overlays/prod", ["postgres"], [...values("prod"), ...POSTGRES]],
    ["TLS", "base", ["tls"], set("ingress.tls.enabled=true")],
    ["monitoring", "base", ["monitoring"], set("monitoring.enabled=true")],
    ["local storage", "base", ["local-storage"], set("persistence.local.enabled=true")],
    ["a private registry", "base", ["private-registry"], set("image.pullSecrets[0]=taskflow-registry")],
    ["encrypted backups", "base", ["encrypted-backups"], set("backup.encrypted=true")],
    [
      "encrypted backups of PostgreSQL",
      "base",
      ["postgres", "encrypted-backups"],
      [...POSTGRES, ...set("backup.encrypted=true")],
    ],
  ];

  it.each(pairs)("%s", async (_, overlay, components, words) => {
    const [chart, kustomize] = await Promise.all([renderChart(...words), renderOverlay(overlay, components)]);
    // The namespace must exist before Helm starts.
    const expected = comparable(kustomize.filter(({ kind }) => kind !== "Namespace"));
    expect(Object.keys(expected).length).toBeGreaterThan(9);
    expect(comparable(chart)).toEqual(expected);
  });
});

describe.skipIf(noHelm)("the chart", () => {
  it("leaves out the storage and Ingress classes if the cluster's defaults are wanted", async () => {
    const objects = await renderChart(...set("persistence.storageClass=", "ingress.className="));
    expect(objects.filter(({ kind }) => kind === "Ingress").map(({ spec }) => Object.keys(spec))).toEqual([["rules"]]);
    const claims = objects.filter(({ kind }) => kind === "PersistentVolumeClaim");
    expect(claims.map(({ spec }) => Object.keys(spec))).toEqual([
      ["accessModes", "resources"],
      ["accessModes", "resources"],
    ]);
  });

  it("allows the same sources for certificate challenges as for the app, and the port of the database", async () => {
    const policies = (
      await renderChart(
        ...values("prod"),
        ...POSTGRES,
        ...set("networkPolicy.databasePort=6432", "networkPolicy.ingressFrom[0].namespaceSelector.matchLabels.a=b"),
      )
    ).filter(({ kind }) => kind === "NetworkPolicy");
    const spec = (name: string) => policies.find(({ metadata }) => metadata.name === `taskflow-${name}`)?.spec;
    expect(spec("certificate").ingress[0].from).toEqual(spec("ingress").ingress[0].from);
    expect(JSON.stringify(spec("certificate"))).toContain('"a":"b"');
    expect(spec("database").egress[0].ports).toEqual([{ port: 6432, protocol: "TCP" }]);
  });

  it.each(["", ...readdirSync(CHART).filter((name) => /^values-.+\.yaml$/.test(name))])(
    "passes helm lint --strict with its values, and %p",
    async (file) => {
      const words = file ? ["--values", join(CHART, file)] : [];
      const { code, stdout } = await lint(...words);
      expect(stdout).toContain("0 chart(s) failed");
      expect(code).toBe(0);
    },
  );

  it("rolls the pods when the configuration or the Secret changes", async () => {
    const deployment = async (...pairs: string[]) =>
      (await renderChart(...set(...pairs))).find(({ kind }) => kind === "Deployment")?.spec.template;
    const [plain, again, config, secret] = await Promise.all([
      deployment(),
      deployment("replicas=5"),
      deployment("logLevel=warn"),
      deployment("secret.checksum=4f2a"),
    ]);
    expect(again).toEqual(plain);
    expect(config).not.toEqual(plain);
    expect(secret.metadata.annotations["taskflow.local/secret-checksum"]).toBe("4f2a");
  });

  it("serves the path of baseUrl at the Ingress, and listens on IPv6 and IPv4 unless a value says otherwise", async () => {
    const find = async (kind: string, ...pairs: string[]) =>
      (await renderChart(...set(...pairs))).find((each) => each.kind === kind) as KubernetesObject;
    const pathOf = async (baseUrl: string) =>
      (await find("Ingress", `baseUrl=${baseUrl}`)).spec.rules[0].http.paths[0].path;
    expect(await pathOf("https://example.org/tasks/")).toBe("/tasks");
    expect(await pathOf("https://example.org")).toBe("/");
    expect((await find("ConfigMap")).data).toMatchObject({ HOST: "::" });
    expect((await find("ConfigMap", "host=0.0.0.0")).data).toMatchObject({ HOST: "0.0.0.0" });
    const { containers } = (await find("Deployment", "extraEnv[0].name=HOST,extraEnv[0].value=::1")).spec.template.spec;
    expect(containers[0].env).toContainEqual({ name: "HOST", value: "::1" });
  });

  it("prefers a digest to a tag", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const [deployment] = (await renderChart(...set(`image.digest=${digest}`))).filter(
      ({ kind }) => kind === "Deployment",
    );
    expect(deployment?.spec.template.spec.containers[0].image).toBe(`registry.example.org/taskflow@${digest}`);
  });

  it("has the version of the program, and so has its image", async () => {
    const { version: own, appVersion } = Bun.YAML.parse(readFileSync(join(CHART, "Chart.yaml"), "utf8")) as {
      version: string;
      appVersion: string;
    };
    expect([own, appVersion]).toEqual([version, version]);
    expect((await template()).stdout).toContain(`image: "taskflow:${version}"\n`);
  });

  it("quotes names that YAML would read as something else", async () => {
    const words = ["--namespace", "123", "--set-string", "secret.existingSecret=456,image.pullSecrets[0]=789"];
    const { stdout } = await templateAs("null", ...words);
    const objects = Bun.YAML.parse(stdout) as KubernetesObject[];
    for (const { metadata } of objects)
      expect(metadata).toMatchObject({ name: expect.stringMatching(/^null/), namespace: "123" });
    const { spec } = objects.find(({ kind }) => kind === "Deployment")?.spec.template ?? {};
    expect([spec.serviceAccountName, spec.imagePullSecrets]).toEqual(["null", [{ name: "789" }]]);
    expect(JSON.stringify(spec.volumes)).toContain('"secretName":"456"');
  });

  it("has one hook, a pod that checks the Service and deletes its account; helm test --logs reads its log", async () => {
    const { stdout } = await template();
    const objects = Bun.YAML.parse(stdout) as KubernetesObject[];
    const hooks = objects.filter(({ metadata }) => metadata.annotations?.["helm.sh/hook"]);
    expect(hooks.map(({ kind }) => kind)).toEqual(["Pod"]);
    expect(hooks[0]?.metadata.annotations?.["helm.sh/hook-delete-policy"]).toBe("before-hook-creation");
    expect(hooks[0]?.spec.containers[0].args).toEqual(["check", "--url", "http://taskflow", "--remove"]);
  });

  it.each([
    [[], 0],
    [POSTGRES, 1],
  ])("has a disruption budget with PostgreSQL only: %p", async (words, count) => {
    const objects = await renderChart(...words);
    expect(objects.filter(({ kind }) => kind === "PodDisruptionBudget")).toHaveLength(count);
  });
});

describe.skipIf(noHelm)("the chart refuses wrong values by name", () => {
  const wrong: [string, RegExp][] = [
    ["replicas=many", /replicas'?: got string, want integer/],
    ["replica=3", /'replica' not allowed/],
    ["image.tag=latest", /image\.tag: latest changes/],
    ["database.engine=mysql", /database\/engine.*'sqlite', 'postgres'/],
    ["networkPolicy.databaseTo[0].ipBlock.cidrr=10.0.0.0/8", /databaseTo\/0\/ipBlock.*'cidrr' not allowed/],
    ["autoscaling.enabled=true", /autoscaling\.enabled: SQLite .*database\.engine=postgres/],
    ["spread=true", /spread: SQLite .*database\.engine=postgres/],
    ["extraEnv[0].name=DATABASE_URL_FILE,extraEnv[0].value=a", /extraEnv: DATABASE_URL_FILE is set by the chart/],
    ["database.engine=postgres,autoscaling.enabled=true,autoscaling.minReplicas=9", /autoscaling\.minReplicas: 9/],
  ];

  it.each(wrong)("%s", async (pair, words) => {
    const { code, stdout, stderr } = await template("--set", pair);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(words);
  });

  it.each(["a".repeat(46), "a.b", "1a"])("the release name %s", async (name) => {
    const { code, stderr } = await templateAs(name);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`the release name “${name}” must`) });
  });

  it("has a schema for every value of values.yaml, and no other", () => {
    interface Schema {
      type?: string;
      properties?: Record<string, Schema>;
      additionalProperties?: boolean | Schema;
    }
    const schema = JSON.parse(readFileSync(join(CHART, "values.schema.json"), "utf8")) as Schema;
    const defaults = Bun.YAML.parse(readFileSync(join(CHART, "values.yaml"), "utf8"));
    function compare(value: unknown, { properties, additionalProperties }: Schema, path: string) {
      if (!properties) return;
      expect([path, additionalProperties]).toEqual([path, false]);
      const known = Object.keys(properties).filter((key) => key !== "global");
      expect([path, ...Object.keys(value as object).sort()]).toEqual([path, ...known.sort()]);
      for (const [key, child] of Object.entries(value as object))
        compare(child, properties[key] ?? {}, `${path}.${key}`);
    }
    compare(defaults, schema, "values");
  });
});

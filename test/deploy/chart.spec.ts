import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { ROOT, run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";
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

setDefaultTimeout(60_000);

const values = (name: string) => ["--values", join(CHART, `values-${name}.yaml`)];
const set = (...pairs: string[]) => pairs.flatMap((pair) => ["--set", pair]);
const POSTGRES = values("postgres");

describe.skipIf(noHelm)("the chart makes the same objects as Kustomize", () => {
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
    // Helm wants the namespace to be there before it starts, so only Kustomize makes it.
    const expected = comparable(kustomize.filter(({ kind }) => kind !== "Namespace"));
    expect(Object.keys(expected).length).toBeGreaterThan(9);
    expect(comparable(chart)).toEqual(expected);
  });
});

describe.skipIf(noHelm)("the chart", () => {
  it("names no class of storage or Ingress where the cluster's own is asked for", async () => {
    const objects = await renderChart(...set("persistence.storageClass=", "ingress.className="));
    expect(objects.filter(({ kind }) => kind === "Ingress").map(({ spec }) => Object.keys(spec))).toEqual([["rules"]]);
    const claims = objects.filter(({ kind }) => kind === "PersistentVolumeClaim");
    expect(claims.map(({ spec }) => Object.keys(spec))).toEqual([
      ["accessModes", "resources"],
      ["accessModes", "resources"],
    ]);
  });

  it("lets whoever may ask the app ask for the proof of a certificate, and reaches the database at its port", async () => {
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

  it("rolls the pods when the configuration changes, or the Secret", async () => {
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

  it("takes a digest before a tag", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    const [deployment] = (await renderChart(...set(`image.digest=${digest}`))).filter(
      ({ kind }) => kind === "Deployment",
    );
    expect(deployment?.spec.template.spec.containers[0].image).toBe(`registry.example.org/taskflow@${digest}`);
  });

  it("is of the program's version, and so is its image", async () => {
    const { version: own, appVersion } = Bun.YAML.parse(readFileSync(join(CHART, "Chart.yaml"), "utf8")) as {
      version: string;
      appVersion: string;
    };
    expect([own, appVersion]).toEqual([version, version]);
    expect((await template()).stdout).toContain(`image: "taskflow:${version}"\n`);
  });

  it("writes names as text, those too that YAML takes for something else", async () => {
    const words = ["--namespace", "123", "--set-string", "secret.existingSecret=456,image.pullSecrets[0]=789"];
    const { stdout } = await templateAs("null", ...words);
    const objects = Bun.YAML.parse(stdout) as KubernetesObject[];
    for (const { metadata } of objects)
      expect(metadata).toMatchObject({ name: expect.stringMatching(/^null/), namespace: "123" });
    const { spec } = objects.find(({ kind }) => kind === "Deployment")?.spec.template ?? {};
    expect([spec.serviceAccountName, spec.imagePullSecrets]).toEqual(["null", [{ name: "789" }]]);
    expect(JSON.stringify(spec.volumes)).toContain('"secretName":"456"');
  });

  it("tests with the image itself, and by no other way than through the Service", async () => {
    const { stdout } = await template();
    const test = (Bun.YAML.parse(stdout) as { kind: string; spec: { containers: { args: string[] }[] } }[]).find(
      ({ kind }) => kind === "Pod",
    );
    expect(test?.spec.containers.map(({ args }) => args)).toEqual([["check", "--url", "http://taskflow"]]);
  });
});

describe.skipIf(noHelm)("a wrong value is refused by its name", () => {
  const wrong: [string, RegExp][] = [
    ["replicas=many", /replicas'?: got string, want integer/],
    ["replicas=-1", /replicas'?: minimum/],
    ["replica=3", /'replica' not allowed/],
    ["image.tag=latest", /image\.tag: latest changes/],
    ["image.tag=a b", /image\.tag: “a b” is not a tag/],
    ["image.repository=Example/taskflow", /image\.repository: “Example\/taskflow” is not where an image is/],
    ["image.digest=sha256:1", /image\.digest: “sha256:1” is not a digest/],
    ["image.pullPolicy=Sometimes", /image\/pullPolicy.*'IfNotPresent', 'Always', 'Never'/],
    ["logLevel=loud", /logLevel.*'debug', 'info', 'warn', 'error', 'silent'/],
    ["database.engine=mysql", /database\/engine.*'sqlite', 'postgres'/],
    ["persistence.size=1G", /persistence\.size: “1G” is not a size such as 1Gi/],
    ["persistence.storageClass=Fast", /persistence\.storageClass: “Fast” is not a name/],
    ["ingress.host=http://taskflow.local", /ingress\.host: “http:\/\/taskflow\.local” is not the name of a host/],
    [`ingress.host=${"a".repeat(64)}.example.org`, /ingress\.host: “a+\.example\.org” is not the name of a host/],
    ["ingress.host=192.0.2.1", /ingress\.host: “192\.0\.2\.1” is an address/],
    ["ingress.tls.enabled=maybe", /ingress\/tls\/enabled/],
    ["ingress.tls.enabled=true,ingress.tls.clusterIssuer=a: x", /ingress\.tls\.clusterIssuer: “a: x” is not a name/],
    ["resources=null", /missing property 'resources'/],
    ["resources.requests.memory=lots", /resources\.requests\.memory: “lots” is not a size/],
    ["resources.requests.memory=1Gi", /resources\.requests\.memory: 1Gi is more than resources\.limits\.memory, 384Mi/],
    ["backup.resources.requests.cpu=3", /backup\.resources\.requests\.cpu: 3 is more than/],
    ["backup.keep=0", /backup\/keep/],
    ["backup.schedule=daily", /backup\.schedule: “daily” is not a schedule/],
    ["backup.schedule=99 3 * * *", /backup\.schedule: “99 3 \* \* \*” is not a schedule/],
    ["backup.schedule=*/0 3 * * *", /backup\.schedule/],
    ["backup.schedule=0 3 30 2 *", /backup\.schedule: “0 3 30 2 \*” never comes/],
    ["backup.schedule=0 3 31 4\\,jun *", /backup\.schedule: .* never comes/],
    ["networkPolicy.ingressFrom=null", /networkPolicy.*missing property 'ingressFrom'/],
    ["networkPolicy.databasePort=0", /networkPolicy\/databasePort/],
    [
      "networkPolicy.databaseTo[0].ipBlock.cidr=10.0.0.0/33",
      /networkPolicy\.databaseTo\[0\]: “10\.0\.0\.0\/33” is not a range/,
    ],
    ["networkPolicy.databaseTo[0].ipBlock.cidr=999.0.0.0/8", /databaseTo\[0\]: “999\.0\.0\.0\/8” is not a range/],
    [
      "networkPolicy.ingressFrom[0].ipBlock.cidr=::/0,networkPolicy.ingressFrom[0].podSelector.matchLabels.a=b",
      /ingressFrom\[0\]: an ipBlock stands alone/,
    ],
    [
      "networkPolicy.ingressFrom[0].podSelector.matchExpressions[0].key=a,networkPolicy.ingressFrom[0].podSelector.matchExpressions[0].operator=In",
      /ingressFrom\[0\]\.podSelector: a with In or NotIn needs values/,
    ],
    [
      "networkPolicy.ingressFrom[0].podSelector.matchLabels.a=b c",
      /ingressFrom\[0\].*“b c” is not the value of a label/,
    ],
    ["image.pullSecrets[0]=a_b", /image\.pullSecrets\[0\]: “a_b” is not a name/],
    ["secret.existingSecret=a..b", /secret\.existingSecret: “a\.\.b” is not a name/],
    ["networkPolicy.databaseTo[0].ipBlock.cidrr=10.0.0.0/8", /databaseTo\/0\/ipBlock.*'cidrr' not allowed/],
    ["networkPolicy.ingressFrom=everybody", /networkPolicy\/ingressFrom/],
    ["extraEnv[0].value=1", /extraEnv\/0.*name/],
    ["autoscaling.enabled=true", /autoscaling\.enabled: SQLite .*database\.engine=postgres/],
    ["spread=true", /spread: SQLite .*database\.engine=postgres/],
    ["extraEnv[0].name=DATABASE_URL", /extraEnv: DATABASE_URL is set by the chart/],
    ["extraEnv[0].name=SHUTDOWN_DELAY,extraEnv[0].value=a", /extraEnv: SHUTDOWN_DELAY is set by the chart/],
    [
      "extraEnv[0].name=LOG_LEVEL,extraEnv[0].value=debug",
      /extraEnv: LOG_LEVEL is set by the chart; use its value logLevel/,
    ],
    ["extraEnv[0].name=A", /extraEnv: A has to have a value or a valueFrom/],
    ["extraEnv[0].name=A,extraEnv[0].value=b,extraEnv[1].name=A,extraEnv[1].value=c", /extraEnv: A comes twice/],
    [
      "extraEnv[0].name=A,extraEnv[0].valueFrom.secretKeyReff.name=b",
      /extraEnv\/0\/valueFrom.*'secretKeyReff' not allowed/,
    ],
    ["database.engine=postgres,autoscaling.enabled=true,autoscaling.minReplicas=9", /autoscaling\.minReplicas: 9/],
    [
      "database.engine=postgres,autoscaling.enabled=true,resources.requests.cpu=null,resources.limits.cpu=null",
      /autoscaling\.enabled: .*resources\.requests\.cpu/,
    ],
  ];

  it.each(wrong)("%s", async (pair, words) => {
    const { code, stdout, stderr } = await template("--set", pair);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(words);
  });

  it.each(["a".repeat(46), "a.b", "1a"])("the release %s", async (name) => {
    const { code, stderr } = await templateAs(name);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`the release: “${name}” can't be in`),
    });
  });

  it.each([
    ["a number of processors", set("resources.limits.cpu=2", "resources.requests.cpu=0.5")],
    ["a schedule by its name", set("backup.schedule=@daily")],
    ["a schedule with names, steps and lists", ["--set-string", "backup.schedule=*/15 0-5 1\\,15 JAN-jun MON-FRI"]],
    ["the cluster's own class of storage", set("persistence.storageClass=")],
    [
      "a variable of a Secret",
      set(
        "extraEnv[0].name=A",
        "extraEnv[0].valueFrom.secretKeyRef.name=b",
        "extraEnv[0].valueFrom.secretKeyRef.key=c",
      ),
    ],
    ["the 31st of a month that has one", ["--set-string", "backup.schedule=0 3 31 4\\,5 *"]],
    [
      "addresses, and labels by expressions",
      set(
        "networkPolicy.databaseTo[0].ipBlock.cidr=2001:db8::/32",
        "networkPolicy.databaseTo[0].ipBlock.except[0]=2001:db8:1::/48",
        "networkPolicy.databaseTo[1].podSelector.matchExpressions[0].key=example.org/a",
        "networkPolicy.databaseTo[1].podSelector.matchExpressions[0].operator=DoesNotExist",
      ),
    ],
    ["a pooler's port", [...POSTGRES, ...set("networkPolicy.databasePort=6432")]],
  ])("but not %s", async (_, words) => {
    expect((await renderChart(...words)).length).toBeGreaterThan(9);
  });

  it("knows every value that values.yaml has, and no other", () => {
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

describe("the table of the chart's values", () => {
  it("is what values.yaml says", async () => {
    expect(await run([process.execPath, "scripts/chart-docs.ts", "--check"])).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("is found out of date, written anew, and asks for a line above each value", async () => {
    using folder = dataFolder();
    for (const name of ["scripts", "package.json", "deploy"])
      cpSync(join(ROOT, name), folder.file(name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), folder.file("node_modules"));
    const file = folder.file("deploy/chart/taskflow/values.yaml");
    const text = readFileSync(file, "utf8");
    const script = (...words: string[]) =>
      run([process.execPath, "scripts/chart-docs.ts", ...words], { cwd: folder.path });

    writeFileSync(file, text.replace("keep: 7", "keep: 9"));
    expect(await script("--check")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("bun scripts/chart-docs.ts"),
    });
    expect((await script()).code).toBe(0);
    expect((await script("--check")).code).toBe(0);

    writeFileSync(file, `${text}newcomer: 1\n`);
    expect(await script("--check")).toMatchObject({ code: 1, stderr: expect.stringContaining("newcomer") });
  });
});

import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";
import { KUSTOMIZE, type KubernetesObject, renderOverlay } from "../support/helm.ts";
import { noKubectl } from "../support/manifests.ts";

setDefaultTimeout(180_000);

const DOCUMENTATION = readFileSync(join(KUSTOMIZE, "..", "..", "docs", "kubernetes.md"), "utf8");
const OVERLAYS = [
  { place: "base", replicas: 2 },
  { place: "overlays/dev", replicas: 1 },
  { place: "overlays/prod", replicas: 3 },
];

const find = (objects: readonly KubernetesObject[], kind: string, name = "taskflow") => {
  const found = objects.find((each) => each.kind === kind && each.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found;
};
const pods = (objects: readonly KubernetesObject[]) => [
  find(objects, "Deployment").spec.template.spec,
  find(objects, "CronJob", "taskflow-backup").spec.jobTemplate.spec.template.spec,
];
const config = (objects: readonly KubernetesObject[]) =>
  objects.find(({ kind }) => kind === "ConfigMap") as KubernetesObject;
const kinds = (objects: readonly KubernetesObject[]) => objects.map(({ kind }) => kind);

describe.skipIf(noKubectl).each(OVERLAYS)("the rendering of $place", ({ place, replicas }) => {
  it("labels every object and pod, and selects without the version, which changes", async () => {
    const objects = await renderOverlay(place);
    const labels = { "app.kubernetes.io/name": "taskflow", "app.kubernetes.io/version": version };
    for (const { metadata } of objects) expect(metadata.labels).toMatchObject(labels);
    const { spec } = find(objects, "Deployment");
    expect(spec.replicas).toBe(replicas);
    expect(spec.template.metadata.labels).toMatchObject({ ...labels, "app.kubernetes.io/component": "app" });
    expect(Object.keys(spec.selector.matchLabels)).not.toContain("app.kubernetes.io/version");
  });

  it("keeps all pods that mount the data on one node, and has no disruption budget, which would block a drain", async () => {
    const objects = await renderOverlay(place);
    const [app, backup] = pods(objects);
    const [term] = app.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution;
    expect(term.topologyKey).toBe("kubernetes.io/hostname");
    expect(backup.affinity).toEqual(app.affinity);
    expect(kinds(objects)).not.toContain("PodDisruptionBudget");
  });

  it("gives pods more time to end than a shutdown takes", async () => {
    const objects = await renderOverlay(place);
    const { terminationGracePeriodSeconds: grace, containers } = find(objects, "Deployment").spec.template.spec;
    const pause = containers[0].lifecycle.preStop.sleep.seconds;
    expect(grace).toBeGreaterThan(pause + Number(config(objects).data.SHUTDOWN_DELAY) + 10);
  });

  it("serves metrics where the annotations say, to Prometheus only", async () => {
    const objects = await renderOverlay(place);
    const { metadata, spec } = find(objects, "Deployment").spec.template;
    const { containerPort } = spec.containers[0].ports.find(({ name }: { name: string }) => name === "metrics");
    expect(metadata.annotations).toMatchObject({
      "prometheus.io/scrape": "true",
      "prometheus.io/port": `${containerPort}`,
    });
    expect(config(objects).data).toMatchObject({ METRICS_HOST: "::", METRICS_PORT: `${containerPort}` });
    const policies = objects.filter(({ kind }) => kind === "NetworkPolicy");
    type Ingress = { from: unknown; ports?: { port: string | number }[] };
    const rules = policies.flatMap((policy): Ingress[] => policy.spec.ingress ?? []);
    const open = rules.filter(
      ({ ports }) => !ports || ports.some(({ port }) => ["metrics", containerPort].includes(port)),
    );
    const prometheus = { podSelector: { matchLabels: { "app.kubernetes.io/name": "prometheus" } } };
    expect(open.map(({ from }) => from)).toEqual([[expect.objectContaining(prometheus)]]);
  });

  it("denies all traffic that is not allowed", async () => {
    const { spec } = find(await renderOverlay(place), "NetworkPolicy", "taskflow-default-deny");
    expect(spec).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  });
});

describe.skipIf(noKubectl)("a change of the configuration", () => {
  it("gives the ConfigMap another name, so that the pods are rolled", async () => {
    const [plain, debug] = [await renderOverlay("base"), await renderOverlay("base", ["debug"])];
    expect(config(debug).data).toEqual({ ...config(plain).data, LOG_LEVEL: "debug" });
    expect(config(debug).metadata.name).not.toBe(config(plain).metadata.name);
    for (const { containers } of pods(debug))
      expect(containers[0].envFrom).toEqual([{ configMapRef: { name: config(debug).metadata.name } }]);
  });
});

describe.skipIf(noKubectl)("a component", () => {
  it("is documented", () => {
    const [, section = ""] = DOCUMENTATION.match(/## Components\n([\s\S]+?)\n## /) ?? [];
    const documented = [...section.matchAll(/^\| `([a-z-]+)` \| /gm)].map(([, name = ""]) => name);
    const components = readdirSync(join(KUSTOMIZE, "components")).filter((name) => name !== "labels");
    expect(documented.sort()).toEqual(components.sort());
  });

  it("tls uses the host that is set as the documentation shows", async () => {
    using folder = dataFolder();
    cpSync(KUSTOMIZE, folder.path, { recursive: true });
    const [, patch = ""] = DOCUMENTATION.match(/```yaml\npatches:\n([\s\S]+?)```/) ?? [];
    const settings = folder.file("overlays/prod/settings/kustomization.yaml");
    writeFileSync(settings, `${readFileSync(settings, "utf8")}${patch}`);
    const { stdout } = await run(["kubectl", "kustomize", folder.file("overlays/prod")]);
    const { metadata, spec } = find(Bun.YAML.parse(stdout) as KubernetesObject[], "Ingress");
    expect([spec.rules[0].host, spec.tls]).toEqual([
      "tasks.example.org",
      [{ hosts: ["tasks.example.org"], secretName: "taskflow-tls" }],
    ]);
    expect(metadata.annotations?.["cert-manager.io/cluster-issuer"]).toBeString();
  });

  it.each(["overlays/dev", "overlays/prod"])("postgres takes %s to several nodes", async (place) => {
    const objects = await renderOverlay(place, ["postgres"]);
    const { replicas, template } = find(objects, "Deployment").spec;
    expect(replicas).toBeUndefined();
    expect(find(objects, "HorizontalPodAutoscaler").spec.scaleTargetRef.name).toBe("taskflow");
    expect(find(objects, "PodDisruptionBudget").spec.maxUnavailable).toBe(1);
    expect(template.spec.topologySpreadConstraints).toHaveLength(2);
    for (const { affinity, containers, volumes } of pods(objects)) {
      expect(affinity).toBeUndefined();
      expect(JSON.stringify(volumes)).not.toContain('"taskflow-data"');
      expect(JSON.stringify(containers[0].volumeMounts)).not.toContain('"/data"');
      expect(containers[0].env).toContainEqual({ name: "DATABASE_URL_FILE", value: "/run/secrets/database/url" });
    }
    const { ports } = find(objects, "NetworkPolicy", "taskflow-database").spec.egress[0];
    expect(ports).toEqual([{ port: 5432, protocol: "TCP" }]);
  });

  it("local-storage gives each claim a volume of its own, on a node that is named", async () => {
    const objects = await renderOverlay("base", ["local-storage"]);
    const claims = objects.filter(({ kind }) => kind === "PersistentVolumeClaim");
    expect(claims).toHaveLength(2);
    for (const { metadata, spec } of claims) {
      const volume = find(objects, "PersistentVolume", metadata.name);
      expect(spec.storageClassName).toBe(find(objects, "StorageClass", "local-storage").metadata.name);
      expect(volume.spec.storageClassName).toBe(spec.storageClassName);
      expect(volume.spec.claimRef).toMatchObject({ namespace: "taskflow", name: metadata.name });
      expect(volume.spec.nodeAffinity.required.nodeSelectorTerms).toHaveLength(1);
    }
  });

  it("encrypted-backups mounts the passphrase in the backup only", async () => {
    const objects = await renderOverlay("overlays/prod", ["encrypted-backups"]);
    const has = pods(objects).map(({ containers }) => JSON.stringify(containers).includes("BACKUP_PASSPHRASE_FILE"));
    expect(has).toEqual([false, true]);
  });
});

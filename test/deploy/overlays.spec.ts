import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { KUBERNETES_VERSIONS } from "../../scripts/validate/render.ts";
import { run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";
import { KUSTOMIZE, type KubernetesObject, renderOverlay } from "../support/helm.ts";
import { noKubectl } from "../support/manifests.ts";

setDefaultTimeout(60_000);

const OVERLAYS = [
  { place: "base", replicas: 2 },
  { place: "overlays/dev", replicas: 1 },
  { place: "overlays/prod", replicas: 3 },
];
const COMPONENTS = readdirSync(join(KUSTOMIZE, "components"));

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
const kinds = (objects: readonly KubernetesObject[]) =>
  objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`).sort();

describe.skipIf(noKubectl).each(OVERLAYS)("a rendering of $place", ({ place, replicas }) => {
  it(`has ${replicas} pods`, async () => {
    expect(find(await renderOverlay(place), "Deployment").spec.replicas).toBe(replicas);
  });

  it("labels every object, and every pod, with what it is and its version", async () => {
    const objects = await renderOverlay(place);
    const labels = {
      "app.kubernetes.io/name": "taskflow",
      "app.kubernetes.io/instance": "taskflow",
      "app.kubernetes.io/part-of": "taskflow",
      "app.kubernetes.io/managed-by": "kustomize",
      "app.kubernetes.io/version": version,
    };
    for (const { metadata } of objects) expect(metadata.labels).toMatchObject(labels);
    const { template } = find(objects, "Deployment").spec;
    expect(template.metadata.labels).toEqual({ ...labels, "app.kubernetes.io/component": "app" });
    const job = find(objects, "CronJob", "taskflow-backup").spec.jobTemplate;
    expect(job.spec.template.metadata.labels).toEqual({ ...labels, "app.kubernetes.io/component": "backup" });
  });

  it("selects by what never changes", async () => {
    const { selector } = find(await renderOverlay(place), "Deployment").spec;
    expect(Object.keys(selector.matchLabels).sort()).toEqual([
      "app.kubernetes.io/component",
      "app.kubernetes.io/instance",
      "app.kubernetes.io/name",
    ]);
  });

  it("runs the image that is put in the place of its name", async () => {
    for (const { containers } of pods(await renderOverlay(place)))
      expect(containers.map(({ image }: { image: string }) => image)).toEqual(["registry.example.org/taskflow:spec"]);
  });

  it("holds no Secret, and reads them from files", async () => {
    const objects = await renderOverlay(place);
    expect(kinds(objects).filter((each) => each.startsWith("Secret/"))).toEqual([]);
    expect(JSON.stringify(objects)).not.toContain("secretKeyRef");
    const { env } = find(objects, "Deployment").spec.template.spec.containers[0];
    expect(env).toContainEqual({ name: "JWT_SECRET_FILE", value: "/run/secrets/taskflow/jwt-secret" });
  });

  it("keeps all that mount the data on one node, the backup too", async () => {
    const [app, backup] = pods(await renderOverlay(place));
    const [term] = app.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution;
    expect(term.topologyKey).toBe("kubernetes.io/hostname");
    expect(backup.affinity).toEqual(app.affinity);
  });

  it("has the grace that its drain needs", async () => {
    const objects = await renderOverlay(place);
    const { terminationGracePeriodSeconds: grace, containers } = find(objects, "Deployment").spec.template.spec;
    const pause = containers[0].lifecycle.preStop.sleep.seconds;
    expect(grace).toBeGreaterThan(pause + Number(config(objects).data.SHUTDOWN_DELAY) + 10);
  });

  it("shuts the namespace, but for the controller, what watches, and DNS", async () => {
    const objects = await renderOverlay(place);
    const deny = find(objects, "NetworkPolicy", "taskflow-default-deny").spec;
    expect(deny).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    const { egress } = find(objects, "NetworkPolicy", "taskflow-dns").spec;
    expect(egress[0].ports.map(({ port }: { port: number }) => port)).toEqual([53, 53]);
  });
});

describe.skipIf(noKubectl)("a change of the configuration", () => {
  it("gives the ConfigMap another name, so that the pods are rolled", async () => {
    const [plain, debug] = [await renderOverlay("base"), await renderOverlay("base", ["debug"])];
    expect(config(debug).data).toEqual({ ...config(plain).data, LOG_LEVEL: "debug" });
    expect(config(debug).metadata.name).not.toBe(config(plain).metadata.name);
    for (const objects of [plain, debug])
      for (const { containers } of pods(objects))
        expect(containers[0].envFrom).toEqual([{ configMapRef: { name: config(objects).metadata.name } }]);
  });
});

describe.skipIf(noKubectl)("a component", () => {
  const has = (place: string, component: string) =>
    readFileSync(join(KUSTOMIZE, place, "kustomization.yaml"), "utf8").includes(`components/${component}\n`);

  it.each(COMPONENTS)("can be added to every overlay that has it not: %s", async (component) => {
    for (const { place } of OVERLAYS.filter((each) => !has(each.place, component))) {
      const objects = await renderOverlay(place, [component]);
      for (const { metadata } of objects) expect(metadata.labels?.["app.kubernetes.io/version"]).toBe(version);
      expect(new Set(kinds(objects)).size).toBe(objects.length);
    }
  });

  it("is documented in README.md", () => {
    const table = readFileSync(join(KUSTOMIZE, "..", "README.md"), "utf8");
    const documented = [...table.matchAll(/^\| `([a-z-]+)` \| /gm)].map(([, name = ""]) => name);
    expect(documented.sort()).toEqual(COMPONENTS.filter((name) => name !== "labels").sort());
  });

  it("tls follows the host of an overlay's settings, as README.md changes it", async () => {
    using folder = dataFolder();
    cpSync(KUSTOMIZE, folder.path, { recursive: true });
    const readme = readFileSync(join(KUSTOMIZE, "..", "README.md"), "utf8");
    const [, patch = ""] = readme.match(/```yaml\npatches:\n([\s\S]+?)```/) ?? [];
    const settings = folder.file("overlays/prod/settings/kustomization.yaml");
    writeFileSync(settings, `${readFileSync(settings, "utf8")}${patch}`);
    const { stdout } = await run(["kubectl", "kustomize", folder.file("overlays/prod")]);
    const { spec } = find(Bun.YAML.parse(stdout) as KubernetesObject[], "Ingress");
    expect([spec.rules[0].host, spec.tls[0].hosts]).toEqual(["tasks.example.org", ["tasks.example.org"]]);
  });

  it.each(["overlays/dev", "overlays/prod"])("postgres takes %s to many nodes", async (place) => {
    const objects = await renderOverlay(place, ["postgres"]);
    const { replicas, template } = find(objects, "Deployment").spec;
    expect(replicas).toBeUndefined();
    expect(find(objects, "HorizontalPodAutoscaler").spec.scaleTargetRef.name).toBe("taskflow");
    expect(template.spec.topologySpreadConstraints).toHaveLength(2);
    for (const { affinity, containers, volumes } of pods(objects)) {
      expect(affinity).toBeUndefined();
      expect(JSON.stringify(volumes)).not.toContain('"taskflow-data"');
      expect(containers[0].volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)).not.toContain(
        "/data",
      );
      expect(containers[0].env).toContainEqual({ name: "DATABASE_URL_FILE", value: "/run/secrets/database/url" });
    }
    expect(kinds(objects)).not.toContain("PersistentVolumeClaim/taskflow-data");
    const { ports } = find(objects, "NetworkPolicy", "taskflow-database").spec.egress[0];
    expect(ports).toEqual([{ port: 5432, protocol: "TCP" }]);
  });

  it("tls has the certificate made for the host of the rule", async () => {
    const { metadata, spec } = find(await renderOverlay("base", ["tls"]), "Ingress");
    expect(metadata.annotations?.["cert-manager.io/cluster-issuer"]).toBeString();
    expect(spec.tls).toEqual([{ hosts: [spec.rules[0].host], secretName: "taskflow-tls" }]);
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
      expect(volume.spec.capacity.storage).toBe(spec.resources.requests.storage);
      expect(volume.spec.nodeAffinity.required.nodeSelectorTerms).toHaveLength(1);
    }
  });

  it("monitoring tells of backups that failed at every try, and of a first one that never came", async () => {
    const { groups } = find(await renderOverlay("base", ["monitoring"]), "PrometheusRule").spec;
    const rules = groups[0].rules as { alert: string; expr: string }[];
    const expression = (name: string) => rules.find(({ alert }) => alert === name)?.expr;
    expect(expression("TaskFlowBackupFailed")).toMatch(/^kube_job_failed\{.*condition="true".*\} > 0$/);
    expect(expression("TaskFlowBackupTooOld")).toMatch(/last_successful_time\{.*\} or kube_cronjob_created\{.*\}\) >/);
  });

  it("encrypted-backups names the passphrase's file to the backup alone", async () => {
    const objects = await renderOverlay("overlays/prod", ["encrypted-backups"]);
    const names = pods(objects).map(({ containers }) =>
      (containers[0].env ?? []).map((each: { name: string }) => each.name),
    );
    expect(names.map((each) => each.includes("BACKUP_PASSPHRASE_FILE"))).toEqual([false, true]);
  });
});

describe("deploy/kustomize", () => {
  it("keeps every file in use, but for examples", () => {
    const files = [...new Bun.Glob("**/*.yaml").scanSync(KUSTOMIZE)];
    const kustomizations = files.filter((file) => file.endsWith("kustomization.yaml"));
    const used = kustomizations.flatMap((file) => {
      const folder = join(KUSTOMIZE, file, "..");
      const named = [...readFileSync(join(KUSTOMIZE, file), "utf8").matchAll(/^\s+- (?:path: )?(\S+)$/gm)];
      return named.map(([, name = ""]) => join(folder, name)).filter((place) => existsSync(place));
    });
    const left = files
      .filter((file) => !kustomizations.includes(file) && !file.includes("/example-"))
      .filter((file) => !used.includes(join(KUSTOMIZE, file)));
    expect(left).toEqual([]);
  });
});

describe("the cluster of one's own machine", () => {
  it("runs one version of Kubernetes, of those that the manifests are checked for", () => {
    const { image } = Bun.YAML.parse(readFileSync(join(KUSTOMIZE, "..", "k3d.yaml"), "utf8")) as { image: string };
    const [, running = ""] =
      image.match(/^docker\.io\/rancher\/k3s:v(\d+\.\d+)\.\d+-k3s\d+(?:@sha256:[0-9a-f]{64})?$/) ?? [];
    expect(KUBERNETES_VERSIONS).toContain(running);
  });
});

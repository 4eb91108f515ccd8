import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { IMAGE, NAMESPACE } from "../lib/deployment.ts";
import { ROOT } from "../lib/image.ts";
import { Problem, type Steps } from "../lib/script.ts";

export interface Wanted {
  readonly stage: string;
  readonly chart: boolean;
  readonly postgres: boolean;
  /** Full reference with a tag or a digest. */
  readonly image: string;
  readonly checksum: string;
  /** Whether backups are to be encrypted. */
  readonly encrypted: boolean;
}

/** A reference taken apart. @throws Problem for one without a tag or digest, and for `latest` */
export function partsOf(image: string): { name: string; tag: string; digest: string } {
  const [, name = "", tag = "", digest = ""] =
    /^([\w./:-]+?)(?::([\w][\w.-]*))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? [];
  if (!name || (!tag && !digest) || tag === "latest")
    throw new Problem(`--image: name one image, by a tag that stays or by its digest, not “${image}”`, 2);
  return { name, tag, digest };
}

/** @returns Helm's words for the release, after `template` or `upgrade` */
export function helmWords({ stage, image, checksum, encrypted, postgres }: Wanted): string[] {
  const { name, tag, digest } = partsOf(image);
  const chart = join(ROOT, "deploy", "chart", "taskflow");
  const values: Record<string, string> = {
    "image.repository": name,
    "image.tag": tag,
    "image.digest": digest,
    "secret.checksum": checksum,
    ...(postgres && { "database.engine": "postgres" }),
  };
  const settings = Object.entries(values).map(([key, value]) => `--set-string=${key}=${value}`);
  const flags = [...(postgres ? ["spread", "autoscaling.enabled"] : []), ...(encrypted ? ["backup.encrypted"] : [])];
  settings.push(...flags.map((flag) => `--set=${flag}=true`));
  return ["taskflow", chart, `--values=${join(chart, `values-${stage}.yaml`)}`, ...settings];
}

/** @returns everything that is to be there, as YAML @throws Problem with what kubectl or Helm says */
export async function render(steps: Steps, wanted: Wanted): Promise<string> {
  if (wanted.chart)
    return said(steps, ["helm", "template", "--skip-tests", `--namespace=${NAMESPACE}`, ...helmWords(wanted)]);
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "taskflow-deploy-"));
  try {
    const { name, tag, digest } = partsOf(wanted.image);
    const from = (...path: string[]) => relative(folder, join(realpathSync(ROOT), "deploy", "kustomize", ...path));
    const patch = [
      {
        op: "add",
        path: "/spec/template/metadata/annotations/taskflow.local~1secret-checksum",
        value: wanted.checksum,
      },
    ];
    await Bun.write(
      join(folder, "kustomization.yaml"),
      JSON.stringify({
        apiVersion: "kustomize.config.k8s.io/v1beta1",
        kind: "Kustomization",
        resources: [from("overlays", wanted.stage)],
        components: [
          ...(wanted.postgres ? [from("components", "postgres")] : []),
          ...(wanted.encrypted ? [from("components", "encrypted-backups")] : []),
        ],
        images: [{ name: IMAGE, newName: name, ...(digest ? { digest } : { newTag: tag }) }],
        patches: [{ target: { kind: "Deployment", name: "taskflow" }, patch: JSON.stringify(patch) }],
      }),
    );
    return await said(steps, ["kubectl", "kustomize", folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function said(steps: Steps, command: string[]): Promise<string> {
  const text = await steps.ask(command);
  if (!text) throw new Problem(`rendering failed: ${command.join(" ")}`);
  return text;
}

/**
 * SQLite is one file on one node. In production a second node means that somebody expects pods on it; elsewhere it is
 * enough that the pods keep together, which the manifests say (required pod affinity).
 * @param nodes undefined where the cluster does not tell how many it has
 * @throws Problem for a combination that would split the data
 */
export function refuseSplit(yaml: string, stage: string, nodes: number | undefined): void {
  const objects = [Bun.YAML.parse(yaml)].flat(2) as { kind?: string; spec?: Deployment }[];
  const app = objects.find((each) => each?.kind === "Deployment")?.spec;
  const onFile = app?.template?.spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim) === true;
  if (!onFile || (nodes !== undefined && nodes <= 1)) return;
  const count = nodes === undefined ? "does not tell its nodes (kubectl get nodes)" : `has ${nodes} nodes`;
  if (stage === "prod")
    throw new Problem(
      `this cluster ${count}, and SQLite's one file can be on one of them only: use PostgreSQL (--postgres), or a cluster of one node. Nothing was changed`,
    );
  const { affinity, nodeSelector } = app?.template?.spec ?? {};
  const together = affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.some(
    ({ topologyKey }) => topologyKey === "kubernetes.io/hostname",
  );
  if (!together && !nodeSelector?.["kubernetes.io/hostname"])
    throw new Problem(
      `this cluster ${count}, and nothing keeps the pods that share the SQLite file on one of them. Nothing was changed`,
    );
}

interface Deployment {
  readonly template?: {
    readonly spec?: {
      readonly volumes?: readonly { persistentVolumeClaim?: object }[];
      readonly nodeSelector?: Record<string, string>;
      readonly affinity?: {
        podAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: readonly { topologyKey: string }[] };
      };
    };
  };
}

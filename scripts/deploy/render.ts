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
  };
  const settings = Object.entries(values).map(([key, value]) => `--set-string=${key}=${value}`);
  if (encrypted) settings.push("--set=backup.encrypted=true");
  return ["taskflow", chart, ...valuesOf({ stage, postgres }), ...settings];
}

/** @returns the files of values of a stage, as Helm and the validator take them */
function valuesOf({ stage, postgres }: Pick<Wanted, "stage" | "postgres">): string[] {
  return [stage, ...(postgres ? ["postgres"] : [])].map(
    (name) => `--values=${join(ROOT, "deploy", "chart", "taskflow", `values-${name}.yaml`)}`,
  );
}

/** @returns the validator's words for what is deployed, so that nothing else is in its way */
export function validatorWords({ stage, chart, postgres }: Wanted): string[] {
  if (chart) return valuesOf({ stage, postgres });
  return [`--overlay=${stage}`, ...(postgres ? ["--component=postgres"] : [])];
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

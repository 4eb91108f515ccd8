import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { IMAGE, NAMESPACE } from "../lib/deployment.ts";
import { ROOT } from "../lib/image.ts";
import { Problem, type Steps } from "../lib/script.ts";

/** What is deployed. */
export interface Target {
  readonly stage: string;
  readonly chart: boolean;
  /** Names of Kustomize components, in addition to those of the overlay. */
  readonly components: readonly string[];
  /** Values files of the chart. */
  readonly values: readonly string[];
  /** Whether the chart encrypts backups; for an overlay it is a component. */
  readonly encryptedBackups: boolean;
  /** Full reference with a tag or a digest. */
  readonly image: string;
  /** Checksum of the Secrets. */
  readonly checksum: string;
}

/** All objects as YAML, and the file that holds them. */
export interface Rendering {
  readonly yaml: string;
  readonly file: string;
}

export const CHART = join(ROOT, "deploy", "chart", "taskflow");
const inKustomize = (...path: string[]) => join(realpathSync(ROOT), "deploy", "kustomize", ...path);

/** Splits an image reference. @throws Problem for one without a tag or digest, and for `latest` */
export function partsOf(image: string): { name: string; tag: string; digest: string } {
  const [, name = "", tag = "", digest = ""] =
    /^([\w./:-]+?)(?::([\w][\w.-]*))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? [];
  if (!name || (!tag && !digest) || tag === "latest")
    throw new Problem(`--image: “${image}” must have a digest, or a tag other than latest.`, 2);
  return { name, tag, digest };
}

/**
 * Returns the components that the overlay does not have yet. Kustomize refuses a component that is added twice.
 * @throws Problem for a component that does not exist
 */
export function newComponents(stage: string, wanted: readonly string[]): string[] {
  const overlay = readFileSync(inKustomize("overlays", stage, "kustomization.yaml"), "utf8");
  return [...new Set(wanted)].filter((name) => {
    if (!existsSync(inKustomize("components", name, "kustomization.yaml")))
      throw new Problem(`--component: there is no deploy/kustomize/components/${name}.`, 2);
    const present = overlay.includes(`- ../../components/${name}\n`);
    if (present) console.error(`The overlay ${stage} already has the component ${name}.`);
    return !present;
  });
}

const valuesOf = ({ stage, values }: Target) =>
  [join(CHART, `values-${stage}.yaml`), ...values].map((file) => `--values=${file}`);

/** Returns the arguments of `helm template` and `helm upgrade`. */
export function helmArguments(target: Target): string[] {
  const { name, tag, digest } = partsOf(target.image);
  const image = `image.repository=${name},image.tag=${tag},image.digest=${digest}`;
  const settings = [`--set-string=${image}`, `--set-string=secret.checksum=${target.checksum}`];
  if (target.encryptedBackups) settings.push("--set=backup.encrypted=true");
  return ["taskflow", CHART, ...valuesOf(target), ...settings];
}

/** Returns the arguments of validate.ts for what is deployed. */
export function validatorArguments(target: Target): string[] {
  if (target.chart) return valuesOf(target);
  return [`--overlay=${target.stage}`, ...target.components.map((name) => `--component=${name}`)];
}

/**
 * Renders all objects. The file is removed when the script ends, unless `--dry-run` prints commands that name it.
 * @throws Problem with the reason that kubectl or Helm gives
 */
export async function render(steps: Steps, target: Target): Promise<Rendering> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "taskflow-deploy-"));
  if (!steps.dryRun) process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, `${target.stage}.yaml`);
  const yaml = target.chart
    ? await output(steps, ["helm", "template", "--skip-tests", `--namespace=${NAMESPACE}`, ...helmArguments(target)])
    : await kustomize(steps, target, folder);
  await Bun.write(file, yaml);
  return { yaml, file };
}

async function kustomize(steps: Steps, target: Target, folder: string): Promise<string> {
  const { name, tag, digest } = partsOf(target.image);
  const from = (...path: string[]) => relative(folder, inKustomize(...path));
  const path = "/spec/template/metadata/annotations/taskflow.local~1secret-checksum";
  const patch = JSON.stringify([{ op: "add", path, value: target.checksum }]);
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [from("overlays", target.stage)],
    components: target.components.map((component) => from("components", component)),
    images: [{ name: IMAGE, newName: name, ...(digest ? { digest } : { newTag: tag }) }],
    patches: [{ target: { kind: "Deployment", name: "taskflow" }, patch }],
  };
  await Bun.write(join(folder, "kustomization.yaml"), JSON.stringify(kustomization));
  return output(steps, ["kubectl", "kustomize", folder], `${relative(folder, realpathSync(ROOT))}/`);
}

/** @param prefix of paths that the error message leaves out */
async function output(steps: Steps, command: string[], prefix = `${ROOT}/`): Promise<string> {
  const { exitCode, stdout, stderr } = await steps.capture(command);
  if (exitCode === 0) return stdout;
  const reason = stderr
    .trim()
    .replaceAll("\\", "")
    .replaceAll(prefix, "")
    .replaceAll(`${realpathSync(ROOT)}/`, "");
  throw new Problem(`Rendering failed: ${reason}`);
}

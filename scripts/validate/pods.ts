import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import { IMAGE } from "../lib/deployment.ts";
import { ROOT } from "../lib/image.ts";
import { type KubernetesObject, named, type Rendering } from "./objects.ts";

/** The pods that an object makes. */
export interface PodTemplate {
  readonly object: KubernetesObject;
  /** Where the pods' spec is in the object: `spec.template.spec`. */
  readonly path: string;
  /** Where their labels and annotations are: `spec.template.metadata`. */
  readonly metadata: string;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly namespace: string | undefined;
  readonly spec: IPodSpec;
  /** Whether it runs until it is stopped, rather than to an end. */
  readonly lasting: boolean;
}

export interface PlacedContainer {
  readonly container: IContainer;
  readonly path: string;
}

interface Template {
  readonly metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  readonly spec?: IPodSpec;
}

/** Every kind that makes pods, with the place of their template in it. */
const TEMPLATES: Record<string, readonly string[]> = {
  Deployment: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  ReplicationController: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
  PodTemplate: ["template"],
  Pod: [],
};
/** Those whose pods run to an end. */
const FINITE = ["Job", "CronJob", "PodTemplate"];

/** Every pod template of a rendering. */
export function podTemplates({ objects }: Rendering): PodTemplate[] {
  return objects.flatMap((object) => {
    const place = Object.hasOwn(TEMPLATES, object.kind) ? TEMPLATES[object.kind] : undefined;
    if (!place) return [];
    const template = place.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
    const { metadata, spec = { containers: [] } } = (template ?? {}) as Template;
    const restarts = (spec.restartPolicy ?? "Always") === "Always";
    return {
      object,
      path: [...place, "spec"].join("."),
      metadata: [...place, "metadata"].join("."),
      labels: metadata?.labels ?? {},
      annotations: metadata?.annotations ?? {},
      namespace: object.metadata.namespace,
      spec,
      lasting: object.kind === "Pod" ? restarts : !FINITE.includes(object.kind),
    };
  });
}

/** How a finding names what makes a pod. */
export const titleOf = ({ object }: PodTemplate) => `${object.kind}/${object.metadata.name}`;

/** Every container of a pod, those that run before it included. */
export function containersOf({ spec, path }: PodTemplate): PlacedContainer[] {
  return (["initContainers", "containers"] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, index) => ({ container, path: `${path}.${list}[${index}]` })),
  );
}

/** Whether one of a pod's containers has a port, by its name or number. */
export function hasPort(template: PodTemplate, port: number | string, wanted = "TCP"): boolean {
  return containersOf(template).some(({ container }) =>
    (container.ports ?? []).some(
      ({ name, containerPort, protocol = "TCP" }) => (port === name || port === containerPort) && protocol === wanted,
    ),
  );
}

/** Whether a container runs TaskFlow, from whatever registry. */
export function runsTaskFlow({ image = "" }: IContainer): boolean {
  return imageParts(image).repository.split("/").at(-1) === IMAGE;
}

/** The pods that run TaskFlow: those of which more is known. */
export const ofTaskFlow = (templates: readonly PodTemplate[]) =>
  templates.filter((each) => containersOf(each).some(({ container }) => runsTaskFlow(container)));

/** `registry:5000/a/b:tag@sha256:…` in its parts. */
export function imageParts(image: string): { repository: string; tag?: string; digest?: string } {
  const [named = "", digest] = image.split("@");
  const [, repository = named, tag] = named.match(/^(.+?)(?::([^:/]+))?$/) ?? [];
  return { repository, tag, digest };
}

/** The words after the program's name; none is `serve`. */
export function wordsOf({ command = [], args = [] }: IContainer): string[] {
  const words = [...command.slice(1), ...args];
  return words.length === 0 || words[0]?.startsWith("--worker") ? ["serve", ...words] : words;
}

/** The program, wherever the image looks for it. */
export const isProgram = (word: string | undefined) => word === "taskflow" || word === "/usr/bin/taskflow";

/** What the image itself sets: the last ENV of the Containerfile. */
const IMAGE_ENVIRONMENT: readonly (readonly [string, string])[] = [
  ...(
    readFileSync(join(ROOT, "Containerfile"), "utf8")
      .match(/^ENV .+$/gm)
      ?.at(-1) ?? ""
  ).matchAll(/(\w+)=(\S+)/g),
].map(([, name = "", value = ""]) => [name, value] as const);

/**
 * The environment of a container as far as it is known here: a value that comes from a Secret is undefined.
 * @returns what the manifests set, and for TaskFlow what its image sets besides
 */
export function environmentOf(rendering: Rendering, { namespace }: PodTemplate, container: IContainer) {
  const environment = new Map<string, string | undefined>(runsTaskFlow(container) ? IMAGE_ENVIRONMENT : []);
  for (const { configMapRef, prefix = "" } of container.envFrom ?? []) {
    const data = configMapRef?.name && named(rendering, "ConfigMap", configMapRef.name, namespace)?.data;
    for (const [name, value] of Object.entries(data || {})) environment.set(prefix + name, value);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const { name: map, key } = valueFrom?.configMapKeyRef ?? {};
    const data = map ? named(rendering, "ConfigMap", map, namespace)?.data : undefined;
    environment.set(name, valueFrom ? key && data?.[key] : (value ?? ""));
  }
  return environment;
}

/** Where a variable of a container is set: in the container, or in the ConfigMap that it is taken from. */
export function placeOfVariable(
  rendering: Rendering,
  { object, namespace }: PodTemplate,
  { container, path }: PlacedContainer,
  name: string,
): { readonly object: KubernetesObject; readonly path: string } {
  const index = (container.env ?? []).findLastIndex((each) => each.name === name);
  if (index >= 0) return { object, path: `${path}.env[${index}]` };
  for (const { configMapRef, prefix = "" } of (container.envFrom ?? []).toReversed()) {
    const map = configMapRef?.name ? named(rendering, "ConfigMap", configMapRef.name, namespace) : undefined;
    const key = name.slice(prefix.length);
    if (map && name.startsWith(prefix) && map.data && key in map.data) return { object: map, path: `data.${key}` };
  }
  return { object, path: `${path}.env` };
}

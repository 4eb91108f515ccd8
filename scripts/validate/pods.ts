import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import { IMAGE } from "../lib/deployment.ts";
import { type KubernetesObject, named, ofKind, type Rendering } from "./objects.ts";

/** The pods that an object makes. */
export interface PodTemplate {
  readonly object: KubernetesObject;
  /** Where the pods' spec is in the object: `spec.template.spec`. */
  readonly path: string;
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

/** Every pod template of a rendering. */
export function podTemplates(rendering: Rendering): PodTemplate[] {
  const template = (object: KubernetesObject, path: string, { metadata, spec }: Template, lasting: boolean) => ({
    object,
    path,
    labels: metadata?.labels ?? {},
    annotations: metadata?.annotations ?? {},
    namespace: object.metadata.namespace,
    spec: spec ?? { containers: [] },
    lasting,
  });
  const workloads = [
    ...ofKind(rendering, "Deployment"),
    ...ofKind(rendering, "StatefulSet"),
    ...ofKind(rendering, "DaemonSet"),
  ];
  return [
    ...workloads.map((each) => template(each, "spec.template.spec", each.spec?.template ?? {}, true)),
    ...ofKind(rendering, "Job").map((each) => template(each, "spec.template.spec", each.spec?.template ?? {}, false)),
    ...ofKind(rendering, "CronJob").map((each) =>
      template(each, "spec.jobTemplate.spec.template.spec", each.spec?.jobTemplate.spec?.template ?? {}, false),
    ),
    ...ofKind(rendering, "Pod").map((each) => template(each, "spec", each, false)),
  ];
}

/** Every container of a pod, those that run before it included. */
export function containersOf({ spec, path }: PodTemplate): PlacedContainer[] {
  return (["initContainers", "containers"] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, index) => ({ container, path: `${path}.${list}[${index}]` })),
  );
}

/** Whether a container runs TaskFlow, from whatever registry. */
export function runsTaskFlow({ image = "" }: IContainer): boolean {
  return imageParts(image).repository.split("/").at(-1) === IMAGE;
}

/** `registry:5000/a/b:tag@sha256:…` in its parts. */
export function imageParts(image: string): { repository: string; tag?: string; digest?: string } {
  const [named = "", digest] = image.split("@");
  const [, repository = named, tag] = named.match(/^(.+?)(?::([^:/]+))?$/) ?? [];
  return { repository, tag, digest };
}

/** The environment of a container as far as it is known here: a value that comes from a Secret is undefined. */
export function environmentOf(rendering: Rendering, { namespace }: PodTemplate, container: IContainer) {
  const environment = new Map<string, string | undefined>();
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

import type { IContainer } from "kubernetes-models/v1/Container";
import type { Findings, KubernetesObject, Rendering } from "./objects.ts";
import { containersOf, type PodTemplate, podTemplates } from "./pods.ts";
import { quantity } from "./quantities.ts";
import { isPort, twice } from "./rules.ts";

const CONTAINER_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const PORT_NAME = /^(?=.*[a-z])(?!.*--)[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?$/;
const VARIABLE = /^[A-Za-z_.-][\w.-]*$/;
const FIELDS =
  /^(?:metadata\.(?:name|namespace|uid|(?:labels|annotations)\['.+'\])|spec\.(?:nodeName|serviceAccountName)|status\.(?:hostIPs?|podIPs?))$/;
/** The labels of a node that Kubernetes itself sets under its own name. */
const NODE_LABELS = ["kubernetes.io/hostname", "kubernetes.io/arch", "kubernetes.io/os"];

/** What the API server refuses in a pod though its schema lets it pass. */
export function* checkPodRules(rendering: Rendering): Findings {
  for (const template of podTemplates(rendering)) yield* checkPod(template);
}

function* checkPod(template: PodTemplate): Findings {
  const { object, spec, path, lasting } = template;
  const { restartPolicy = "Always" } = spec;
  if (!["Pod", "PodTemplate"].includes(object.kind) && lasting !== (restartPolicy === "Always")) {
    const message = `has to be ${lasting ? "Always" : "Never or OnFailure"} in a ${object.kind}`;
    yield { object, path: `${path}.restartPolicy`, message };
  }
  if (spec.containers.length === 0) yield { object, path: `${path}.containers`, message: "is empty" };
  if (spec.ephemeralContainers) {
    const message = "can only be added to a pod that runs, by kubectl debug: leave it out";
    yield { object, path: `${path}.ephemeralContainers`, message };
  }
  if (lasting && object.kind !== "Pod" && spec.activeDeadlineSeconds !== undefined)
    yield { object, path: `${path}.activeDeadlineSeconds`, message: `does not go with a ${object.kind}: leave it out` };
  if (spec.dnsPolicy === "None" && !spec.dnsConfig?.nameservers?.length)
    yield { object, path: `${path}.dnsConfig.nameservers`, message: "has to be said, as dnsPolicy is None" };
  for (const key of Object.keys(spec.nodeSelector ?? {}))
    if (key.startsWith("kubernetes.io/") && !NODE_LABELS.includes(key)) {
      const message = `no node has the label ${key}: Kubernetes sets ${NODE_LABELS.join(", ")}`;
      yield { object, path: `${path}.nodeSelector.${key}`, message };
    }
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required?.nodeSelectorTerms.length === 0) {
    const at = `${path}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
    yield { object, path: at, message: "is empty, so that no node fits" };
  }
  yield* checkSeccomp(object, `${path}.securityContext`, spec.securityContext?.seccompProfile);
  yield* checkVolumes(template);
  const containers = containersOf(template);
  yield* twice(object, `${path}.containers`, containers, ({ container }) => container.name);
  for (const { container, path: at } of containers) {
    yield* checkContainer(object, at, container);
    yield* checkMountPaths(object, at, container);
    yield* checkAsking(template, at, container);
    yield* checkSeccomp(object, `${at}.securityContext`, container.securityContext?.seccompProfile);
  }
}

function* checkVolumes({ object, spec, path }: PodTemplate): Findings {
  yield* twice(object, `${path}.volumes`, spec.volumes, ({ name }) => name);
  for (const [index, { name, ...kinds }] of (spec.volumes ?? []).entries()) {
    if (Object.keys(kinds).length !== 1)
      yield { object, path: `${path}.volumes[${index}]`, message: `${name} has to be of one kind` };
    const { sizeLimit } = kinds.emptyDir ?? {};
    if (sizeLimit !== undefined && quantity(sizeLimit) === undefined)
      yield {
        object,
        path: `${path}.volumes[${index}].emptyDir.sizeLimit`,
        message: `${sizeLimit} is no quantity, such as 64Mi`,
      };
    if (!CONTAINER_NAME.test(name))
      yield { object, path: `${path}.volumes[${index}].name`, message: `“${name}” is no name of a volume` };
  }
}

function* checkContainer(object: KubernetesObject, at: string, container: IContainer): Findings {
  if (!CONTAINER_NAME.test(container.name))
    yield { object, path: `${at}.name`, message: `“${container.name}” is no name of a container` };
  yield* twice(object, `${at}.env`, container.env, ({ name }) => name);
  yield* twice(object, `${at}.ports`, container.ports, ({ name }) => name);
  yield* twice(
    object,
    `${at}.ports`,
    container.ports,
    ({ containerPort, protocol = "TCP" }) => `${containerPort}/${protocol}`,
  );
  for (const [index, { name, value, valueFrom }] of (container.env ?? []).entries()) {
    if (!VARIABLE.test(name))
      yield { object, path: `${at}.env[${index}].name`, message: `“${name}” is no name of a variable` };
    if (value && valueFrom) yield { object, path: `${at}.env[${index}]`, message: "has both value and valueFrom" };
    const { fieldPath = "" } = valueFrom?.fieldRef ?? {};
    if (valueFrom?.fieldRef && !FIELDS.test(fieldPath)) {
      const path = `${at}.env[${index}].valueFrom.fieldRef.fieldPath`;
      yield { object, path, message: `“${fieldPath}” is no field that a variable can have, such as metadata.name` };
    }
    const { resource = "" } = valueFrom?.resourceFieldRef ?? {};
    if (
      valueFrom?.resourceFieldRef &&
      !/^(?:limits|requests)\.(?:cpu|memory|ephemeral-storage|hugepages-.+)$/.test(resource)
    ) {
      const path = `${at}.env[${index}].valueFrom.resourceFieldRef.resource`;
      yield { object, path, message: `“${resource}” is no amount, such as limits.memory` };
    }
    if (valueFrom && Object.keys(valueFrom).length !== 1)
      yield { object, path: `${at}.env[${index}].valueFrom`, message: "has to name one source" };
  }
  for (const [index, { name, containerPort }] of (container.ports ?? []).entries()) {
    if (name !== undefined && !PORT_NAME.test(name))
      yield { object, path: `${at}.ports[${index}].name`, message: `“${name}” is no name of a port (15 letters)` };
    if (!isPort(containerPort))
      yield { object, path: `${at}.ports[${index}].containerPort`, message: `${containerPort} is no port` };
  }
}

function* checkMountPaths(object: KubernetesObject, at: string, { volumeMounts = [] }: IContainer): Findings {
  yield* twice(object, `${at}.volumeMounts`, volumeMounts, ({ mountPath }) => mountPath.replace(/(?<=.)\/$/, ""));
  for (const [index, { mountPath, subPath = "" }] of volumeMounts.entries()) {
    const path = `${at}.volumeMounts[${index}]`;
    if (!mountPath.startsWith("/") || mountPath.includes(":"))
      yield {
        object,
        path: `${path}.mountPath`,
        message: `“${mountPath}” has to begin with a slash and hold no colon`,
      };
    if (subPath.startsWith("/") || subPath.split("/").includes(".."))
      yield { object, path: `${path}.subPath`, message: `“${subPath}” has to lead into the volume` };
  }
}

function* checkAsking({ object, spec }: PodTemplate, at: string, container: IContainer): Findings {
  for (const name of ["startupProbe", "livenessProbe", "readinessProbe"] as const) {
    const { exec, grpc, httpGet, tcpSocket, successThreshold = 1 } = container[name] ?? {};
    const { terminationGracePeriodSeconds: grace } = container[name] ?? {};
    if (grace !== undefined && (name === "readinessProbe" || grace < 1)) {
      const message = name === "readinessProbe" ? "ends no pod: leave it out" : "has to be at least 1";
      yield { object, path: `${at}.${name}.terminationGracePeriodSeconds`, message };
    }
    const ways = [exec, grpc, httpGet, tcpSocket].filter(Boolean).length;
    if (container[name] && ways !== 1) yield { object, path: `${at}.${name}`, message: "has to ask in one way" };
    if (name !== "readinessProbe" && successThreshold > 1)
      yield { object, path: `${at}.${name}.successThreshold`, message: "has to be 1" };
    if (httpGet?.path && !httpGet.path.startsWith("/"))
      yield { object, path: `${at}.${name}.httpGet.path`, message: `“${httpGet.path}” has to begin with a slash` };
  }
  for (const hook of ["preStop", "postStart"] as const) {
    const handler = container.lifecycle?.[hook];
    if (handler && Object.keys(handler).length !== 1)
      yield { object, path: `${at}.lifecycle.${hook}`, message: "has to do one thing" };
    const pause = handler?.sleep?.seconds;
    const grace = spec.terminationGracePeriodSeconds ?? 30;
    if (pause !== undefined && (pause < 1 || pause > grace)) {
      const message = `${pause} s have to be at least 1, and within terminationGracePeriodSeconds, ${grace}`;
      yield { object, path: `${at}.lifecycle.${hook}.sleep.seconds`, message };
    }
    const port = handler?.httpGet?.port;
    if (typeof port === "string" && !container.ports?.some(({ name }) => name === port))
      yield { object, path: `${at}.lifecycle.${hook}.httpGet.port`, message: `the container has no port ${port}` };
  }
}

function* checkSeccomp(
  object: KubernetesObject,
  at: string,
  profile: { type: string; localhostProfile?: string } | undefined,
): Findings {
  if (profile?.type === "Localhost" && !profile.localhostProfile)
    yield { object, path: `${at}.seccompProfile.localhostProfile`, message: "has to name the node's file" };
  if (profile?.localhostProfile && profile.type !== "Localhost")
    yield { object, path: `${at}.seccompProfile.localhostProfile`, message: "goes with the type Localhost only" };
}

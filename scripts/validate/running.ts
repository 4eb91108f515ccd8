import type { IJob } from "kubernetes-models/batch/v1/Job";
import { type Findings, type KubernetesObject, ofKind, type Rendering } from "./objects.ts";
import { podTemplates } from "./pods.ts";

/** Nothing is there only to be switched off: what is applied runs, without somebody else's word. */
export function* checkRunning(rendering: Rendering): Findings {
  for (const object of rendering.objects) {
    const { kind, spec = {} } = object as KubernetesObject & { spec?: Record<string, unknown> };
    if (kind === "Deployment" || kind === "StatefulSet") {
      const message = "makes no pods: leave it out, or say how many";
      if (spec.replicas === 0) yield { object, path: "spec.replicas", message };
    }
    if (kind === "Deployment" && spec.paused)
      yield { object, path: "spec.paused", message: "is true, so that nothing is rolled out: leave it out" };
  }
  for (const object of ofKind(rendering, "CronJob")) {
    const { suspend, jobTemplate } = object.spec ?? {};
    yield* checkJob(object, "spec", { suspend });
    yield* checkJob(object, "spec.jobTemplate.spec", jobTemplate?.spec ?? {});
  }
  for (const object of ofKind(rendering, "Job")) yield* checkJob(object, "spec", object.spec ?? {});
  for (const { object, path, spec } of podTemplates(rendering)) {
    for (const field of ["schedulingGates", "readinessGates"] as const)
      if (spec[field]?.length)
        yield {
          object,
          path: `${path}.${field}`,
          message: "waits for somebody to open it, and nobody does: leave it out",
        };
    const system = spec.os?.name ?? spec.nodeSelector?.["kubernetes.io/os"] ?? "linux";
    if (system !== "linux") {
      const field = spec.os?.name ? "os.name" : "nodeSelector.kubernetes.io/os";
      yield { object, path: `${path}.${field}`, message: `the image is for linux, not for ${system}` };
    }
  }
}

function* checkJob(
  object: KubernetesObject,
  at: string,
  {
    suspend,
    ...counts
  }: Pick<NonNullable<IJob["spec"]>, "suspend" | "parallelism" | "completions" | "activeDeadlineSeconds">,
): Findings {
  if (suspend) yield { object, path: `${at}.suspend`, message: "is true, so that it never runs: leave it out" };
  for (const field of ["parallelism", "completions", "activeDeadlineSeconds"] as const)
    if (counts[field] === 0)
      yield { object, path: `${at}.${field}`, message: "is 0, so that it never runs: leave it out" };
}

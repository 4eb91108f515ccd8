import { beforeAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { findingsIn } from "../../scripts/validate/checks.ts";
import {
  type Finding,
  type KubernetesObject,
  podTemplates,
  type Rendering,
  titleOf,
} from "../../scripts/validate/objects.ts";
import { findTargets, render } from "../../scripts/validate/render.ts";
import { noHelm } from "../support/manifests.ts";

setDefaultTimeout(180_000); // rendering takes long on a busy machine

type Fault = readonly [title: string, field: string, value: unknown, findings?: string[]];
const SECTIONS = Bun.YAML.parse(await Bun.file(join(import.meta.dir, "faults.yaml")).text()) as Record<string, Fault[]>;

describe.skipIf(noHelm)("scripts/validate.ts", () => {
  let renderings: Rendering[];
  beforeAll(async () => {
    if (noHelm) return;
    const overlays = [[], ["postgres"], ["monitoring"]].flatMap((components) => findTargets("prod", components));
    renderings = await Promise.all([...overlays, ...findTargets(undefined, undefined, [])].map(render));
  });

  it("finds nothing in the overlays and the chart", async () => {
    expect((await Promise.all(renderings.map(findingsIn))).flat()).toEqual([]);
  });

  it("sees that every container requests and limits ephemeral storage", () => {
    for (const { container } of renderings.flatMap(podTemplates).flatMap(({ containers }) => containers))
      for (const list of [container.resources?.requests, container.resources?.limits])
        expect(list?.["ephemeral-storage"]).toMatch(/^\d+[MG]i$/);
  });

  for (const [section, faults] of Object.entries(SECTIONS))
    describe(`finds in ${section}`, () => {
      it.each(faults)("%s", async (_, field, value, expected = [field]) => {
        const findings = await findingsIn(changed(renderings, field, value));
        expect(findings.map(shown).sort()).toEqual([...expected].sort());
      });
    });
});

/** Returns a copy of the first rendering with a field's object and parent, with another value in the field. */
function changed(renderings: readonly Rendering[], field: string, value: unknown): Rendering {
  for (const rendering of renderings) {
    const objects = structuredClone(rendering.objects) as KubernetesObject[];
    const [title, path] = field.split(" ");
    if (!path) return { ...rendering, objects: [...objects, value as KubernetesObject] };
    const object = objects.find((each) => nameOf(each) === title);
    if (!object) continue;
    const keys = path
      .replace(/^main\b/, "pod.containers.0")
      .replace(/^pod\b/, podPath(object))
      .split(".");
    const last = keys.pop() ?? "";
    const parent = keys.reduce<Record<string, unknown> | undefined>((at, key) => at?.[key] as typeof at, object);
    if (!parent) continue;
    if (value === null) delete parent[last];
    else parent[last] = value;
    return { ...rendering, objects };
  }
  throw new Error(`No rendering has ${field}.`);
}

const nameOf = (object: KubernetesObject) =>
  ({ "Deployment/taskflow": "app", "CronJob/taskflow-backup": "backup" })[titleOf(object)] ?? titleOf(object);
const podPath = ({ kind }: KubernetesObject) =>
  ({ CronJob: "spec.jobTemplate.spec.template.spec", Pod: "spec" })[kind] ?? "spec.template.spec";

/** Writes a finding as `faults.yaml` does. */
function shown([object, path]: Finding): string {
  const dotted = path.replaceAll(/\[(\d+)\]/g, ".$1");
  const short = dotted.replace(new RegExp(`^${podPath(object)}\\.`), "pod.").replace(/^pod\.containers\.0\b/, "main");
  return `${nameOf(object)} ${short}`;
}

import { SECRETS } from "../lib/deployment.ts";
import { type Findings, named, ofKind, type Rendering } from "./objects.ts";
import {
  containersOf,
  environmentOf,
  type PlacedContainer,
  type PodTemplate,
  podTemplates,
  runsTaskFlow,
} from "./pods.ts";

type Volume = NonNullable<PodTemplate["spec"]["volumes"]>[number];
/** An octal mode that somebody has written as a decimal number: 0440 is 288. */
const OCTAL_AS_DECIMAL = [400, 440, 444, 600, 640, 644];

/** What is mounted exists, can be read by the pod's user, and holds the files that TaskFlow is told of. */
export function* checkMounts(rendering: Rendering): Findings {
  for (const template of podTemplates(rendering)) {
    const volumes = volumesOf(rendering, template);
    for (const placed of containersOf(template)) {
      const { container, path } = placed;
      for (const [index, { name }] of (container.volumeMounts ?? []).entries())
        if (!volumes.has(name)) {
          const message = `the pod has no volume ${name}`;
          yield { object: template.object, path: `${path}.volumeMounts[${index}].name`, message };
        }
      if (runsTaskFlow(container)) yield* checkNamedFiles(rendering, template, placed, volumes);
    }
    yield* checkModes(template);
  }
}

/** The volumes of a pod by name. Those that a StatefulSet makes for each pod are claims. */
function volumesOf(rendering: Rendering, { object, spec }: PodTemplate): Map<string, Volume> {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  const set = ofKind(rendering, "StatefulSet").find((each) => each === object);
  for (const { metadata } of set?.spec?.volumeClaimTemplates ?? []) {
    const name = metadata?.name ?? "";
    volumes.set(name, { name, persistentVolumeClaim: { claimName: name } });
  }
  return volumes;
}

/** `JWT_SECRET_FILE` and its likes name a file that a volume of the pod brings. */
function* checkNamedFiles(
  rendering: Rendering,
  template: PodTemplate,
  { container, path: at }: PlacedContainer,
  volumes: ReadonlyMap<string, Volume>,
): Findings {
  const { object } = template;
  const environment = environmentOf(rendering, template, container);
  for (const [name, file] of environment) {
    if (!name.endsWith("_FILE") || name === "SSL_CERT_FILE" || !file) continue;
    const index = (container.env ?? []).findIndex((each) => each.name === name);
    const path = index < 0 ? `${at}.envFrom` : `${at}.env[${index}].value`;
    const mount = (container.volumeMounts ?? [])
      .filter(({ mountPath }) => file === mountPath || file.startsWith(`${mountPath.replace(/\/$/, "")}/`))
      .sort((a, b) => b.mountPath.length - a.mountPath.length)[0];
    const volume = mount && volumes.get(mount.name);
    if (!mount) yield { object, path, message: `${name} is ${file}, where nothing is mounted: mount the Secret there` };
    if (!mount || !volume) continue;
    const inside = [mount.subPath, file.slice(mount.mountPath.length)].join("/").replaceAll(/\/+/g, "/");
    const files = filesIn(rendering, template, volume);
    if (files && !files.includes(inside.replace(/^\/|\/$/g, ""))) {
      const message = `${name} is ${file}, but the volume ${volume.name} holds only ${files.join(", ") || "nothing"}`;
      yield { object, path, message };
    }
  }
}

/** @returns the paths that a volume of keys brings; undefined where that can't be known */
function filesIn(rendering: Rendering, { namespace }: PodTemplate, volume: Volume): string[] | undefined {
  const { secret, configMap, projected, emptyDir } = volume;
  if (emptyDir) return [];
  const sources = projected?.sources ?? [{ secret: secret && { ...secret, name: secret.secretName }, configMap }];
  const lists = sources.map((source) => {
    const items = source.secret?.items ?? source.configMap?.items ?? source.downwardAPI?.items;
    if (items) return items.map(({ path }) => path);
    const { name = "" } = source.secret ?? source.configMap ?? {};
    if (source.secret && Object.hasOwn(SECRETS, name)) return Object.keys(SECRETS[name] ?? {});
    const map = source.configMap && named(rendering, "ConfigMap", name, namespace);
    return map && Object.keys({ ...map.data, ...map.binaryData });
  });
  return lists.every((list) => list !== undefined) ? lists.flat() : undefined;
}

/** Files of a Secret belong to root, and to the pod's group where there is an fsGroup: others need a right of their own. */
function* checkModes({ object, path, spec }: PodTemplate): Findings {
  for (const [index, { secret, configMap, projected, downwardAPI }] of (spec.volumes ?? []).entries())
    for (const [kind, source] of Object.entries({ secret, configMap, projected, downwardAPI })) {
      if (!source) continue;
      const at = `${path}.volumes[${index}].${kind}`;
      const mode = source.defaultMode ?? 0o644;
      if (mode < 0 || mode > 0o777)
        yield { object, path: `${at}.defaultMode`, message: `${mode} is not between 0 and 511, which is 0777` };
      else if (OCTAL_AS_DECIMAL.includes(mode)) {
        const meant = Number.parseInt(String(mode), 8);
        const message = `${mode} is a decimal number, and so the mode 0${mode.toString(8)}: for 0${mode} write ${meant}`;
        yield { object, path: `${at}.defaultMode`, message };
      } else if ((mode & 0o004) === 0 && spec.securityContext?.fsGroup === undefined) {
        const message = `with the mode 0${mode.toString(8)} only root reads these files: say securityContext.fsGroup`;
        yield { object, path: `${at}.defaultMode`, message };
      }
    }
}

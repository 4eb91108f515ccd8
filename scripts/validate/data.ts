import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import { type Findings, named, ofKind, type Rendering } from "./objects.ts";
import {
  containersOf,
  environmentOf,
  type PlacedContainer,
  type PodTemplate,
  podTemplates,
  runsTaskFlow,
  titleOf,
  wordsOf,
} from "./pods.ts";
import { replicasOf } from "./rollout.ts";
import { meansPod } from "./selectors.ts";

/** The image's own, where a pod names none. */
const IMAGE_USER = 1000;
const HOST = "kubernetes.io/hostname";
/** Commands that ask a server, and open no database. */
const WITHOUT_DATA = ["check", "health"];

/** There is one database, whoever asks: no replica has its own, and the pods may write it. */
export function* checkData(rendering: Rendering): Findings {
  const templates = podTemplates(rendering);
  for (const template of templates) {
    yield* checkRights(template);
    yield* checkSharing(rendering, template);
    for (const placed of containersOf(template)) {
      if (!runsTaskFlow(placed.container)) continue;
      const [command = "", ...rest] = wordsOf(placed.container);
      if (WITHOUT_DATA.includes(command)) continue;
      if (usesSqlite(rendering, template))
        yield* checkFolder(rendering, template, placed, "DATA_DIR", "the database", "or set DATABASE_URL_FILE");
      if (command === "backup" && !rest.some((word) => word === "--check" || word === "--list"))
        yield* checkFolder(rendering, template, placed, "BACKUP_DIR", "the backups", "best on another disk");
    }
  }
  yield* checkOneDatabase(rendering, templates);
}

const claimsOf = ({ spec }: PodTemplate) =>
  (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }, index) =>
    persistentVolumeClaim ? [{ name: persistentVolumeClaim.claimName, index }] : [],
  );

/** How many pods of a template may run at one time, a rollout's included. */
function peakOf(rendering: Rendering, { object, lasting }: PodTemplate): number {
  const deployment = ofKind(rendering, "Deployment").find((each) => each === object);
  if (deployment) return replicasOf(rendering, deployment).peak;
  if (object.kind === "DaemonSet") return Number.POSITIVE_INFINITY;
  return lasting ? ((object as { spec?: { replicas?: number } }).spec?.replicas ?? 1) : 1;
}

/** A volume belongs to root until fsGroup gives it to the pod's group. */
function* checkRights(template: PodTemplate): Findings {
  const { spec, path, object } = template;
  if (claimsOf(template).length === 0 && object.kind !== "StatefulSet") return;
  const { fsGroup, runAsGroup, runAsUser } = spec.securityContext ?? {};
  const at = `${path}.securityContext`;
  if (fsGroup === undefined) {
    const message = `has to be the pod's group, or user ${runAsUser ?? 1000} can't write`;
    yield { object, path: `${at}.fsGroup`, message };
  }
  for (const { container, path: place } of containersOf(template)) {
    const group = container.securityContext?.runAsGroup ?? runAsGroup;
    if (group === undefined) {
      const message = "has to be said, and to equal fsGroup, where there is a volume";
      yield { object, path: `${at}.runAsGroup`, message };
    } else if (fsGroup !== undefined && group !== fsGroup)
      yield { object, path: `${at}.fsGroup`, message: `is ${fsGroup}, but ${place} runs as group ${group}` };
  }
}

/** The mount that a folder of TaskFlow's is on, and the claim behind it, with the folder of the volume. */
function placeOf(rendering: Rendering, template: PodTemplate, { container }: PlacedContainer, variable: string) {
  const folder = environmentOf(rendering, template, container).get(variable) ?? "";
  const mounts = container.volumeMounts ?? [];
  const index = mounts.findIndex(({ mountPath }) => mountPath.replace(/(?<=.)\/$/, "") === folder);
  const mount = mounts[index];
  const volume = (template.spec.volumes ?? []).find(({ name }) => name === mount?.name);
  const own = template.object.kind === "StatefulSet" && mount !== undefined && volume === undefined;
  const name = volume?.persistentVolumeClaim?.claimName ?? (own ? mount.name : undefined);
  return { folder, mount, index, volume, claim: name && [name, mount?.subPath].filter(Boolean).join("/") };
}

/** What is to stay is on a volume that outlives the pod, and that the pod may write. */
function* checkFolder(
  rendering: Rendering,
  template: PodTemplate,
  placed: PlacedContainer,
  variable: "DATA_DIR" | "BACKUP_DIR",
  what: string,
  advice: string,
): Findings {
  const { object } = template;
  const path = `${placed.path}.volumeMounts`;
  const { folder, claim, mount, index, volume } = placeOf(rendering, template, placed, variable);
  if (!claim) {
    const data = placeOf(rendering, template, placed, "DATA_DIR");
    if (data.claim && folder.startsWith(`${data.folder}/`)) return;
    const message = `${what} in ${folder} would go when the pod goes: mount a PersistentVolumeClaim there, ${advice}`;
    yield { object, path, message };
    return;
  }
  const message = `${what} in ${folder} can't be written: leave it out`;
  if (mount?.readOnly) yield { object, path: `${path}[${index}].readOnly`, message };
  if (!volume?.persistentVolumeClaim?.readOnly) return;
  const at = (template.spec.volumes ?? []).indexOf(volume);
  yield { object, path: `${template.path}.volumes[${at}].persistentVolumeClaim.readOnly`, message };
}

/** PostgreSQL is told by the presence of an address, which comes from a Secret. */
function usesSqlite(rendering: Rendering, template: PodTemplate): boolean {
  return !containersOf(template).some(({ container }) => {
    const environment = environmentOf(rendering, template, container);
    return environment.has("DATABASE_URL") || environment.has("DATABASE_URL_FILE");
  });
}

const opensSqlite = (rendering: Rendering, template: PodTemplate) =>
  usesSqlite(rendering, template) &&
  containersOf(template).some(
    ({ container }) => runsTaskFlow(container) && !WITHOUT_DATA.includes(wordsOf(container)[0] ?? ""),
  );

/** Whoever opens the SQLite file opens the same one, as the same user, on the same node. */
function* checkOneDatabase(rendering: Rendering, templates: readonly PodTemplate[]): Findings {
  const opening = templates.filter((template) => opensSqlite(rendering, template));
  for (const app of opening.filter(({ lasting }) => lasting))
    for (const other of opening) {
      if (other === app || other.namespace !== app.namespace) continue;
      const [place, claim] = [claimOf(rendering, other), claimOf(rendering, app)?.claim];
      if (!place || !claim) continue;
      const { object, path, spec } = other;
      if (place.claim !== claim) {
        const message = `is another database than that of ${titleOf(app)}, which is on ${claim}`;
        yield { object, path: `${place.path}.volumeMounts[${place.index}]`, message };
      } else if (!staysOnOneNode(spec, app)) {
        const message = `nothing keeps it on the node of ${titleOf(app)}, whose SQLite file it opens: require podAffinity to its pods on ${HOST}`;
        yield { object, path: `${path}.affinity.podAffinity`, message };
      }
      const [own, user] = [userOf(other), userOf(app)];
      if (own !== user) {
        const message = `is ${own}, but ${titleOf(app)} runs as ${user}: what one writes the other can't read`;
        yield { object, path: `${path}.securityContext.runAsUser`, message };
      }
    }
}

const userOf = ({ spec }: PodTemplate) => spec.securityContext?.runAsUser ?? IMAGE_USER;

function claimOf(rendering: Rendering, template: PodTemplate) {
  const places = containersOf(template)
    .filter(({ container }) => runsTaskFlow(container))
    .map((placed) => ({ ...placeOf(rendering, template, placed, "DATA_DIR"), path: placed.path }));
  return places.find(({ claim }) => claim);
}

function* checkSharing(rendering: Rendering, template: PodTemplate): Findings {
  const { object, path, spec } = template;
  const peak = peakOf(rendering, template);
  if (peak <= 1) return;
  const many = `up to ${peak === Number.POSITIVE_INFINITY ? "one on each node" : peak} pods`;
  const each = "each node would have a database of its own";
  for (const [index, { hostPath }] of (spec.volumes ?? []).entries())
    if (hostPath) yield { object, path: `${path}.volumes[${index}].hostPath`, message: `${many}: ${each}` };
  const sqlite = opensSqlite(rendering, template);
  if (object.kind === "StatefulSet" && sqlite) {
    const message = `${many}, each with a volume of its own: only PostgreSQL is shared by them`;
    yield { object, path: "spec.volumeClaimTemplates", message };
  }
  for (const { name, index } of claimsOf(template)) {
    const claim = named(rendering, "PersistentVolumeClaim", name, template.namespace);
    const modes = claim?.spec?.accessModes ?? [];
    if (modes.includes("ReadWriteOncePod")) {
      const at = `${path}.volumes[${index}].persistentVolumeClaim`;
      yield { object, path: at, message: `${many} want ${name}, which only one may have` };
    } else if (sqlite || !modes.includes("ReadWriteMany")) yield* checkOneNode(template, many, name);
  }
}

/** All pods of one volume on one node, said aloud: SQLite is shared by processes of one host only. */
function* checkOneNode(template: PodTemplate, many: string, claim: string): Findings {
  const { object, path, spec } = template;
  const spread = [
    ...(spec.topologySpreadConstraints ?? []).map((_, index) => `${path}.topologySpreadConstraints[${index}]`),
    ...(spec.affinity?.podAntiAffinity ? [`${path}.affinity.podAntiAffinity`] : []),
  ];
  for (const at of spread) {
    const message = `spreads ${many} over nodes, but ${claim} is on one of them: use PostgreSQL for many nodes`;
    yield { object, path: at, message };
  }
  if (spread.length === 0 && !staysOnOneNode(spec, template)) {
    const message = `nothing keeps ${many} on the node of ${claim}: require podAffinity to each other on ${HOST}`;
    yield { object, path: `${path}.affinity.podAffinity`, message };
  }
}

function staysOnOneNode({ affinity, nodeSelector }: IPodSpec, other: PodTemplate): boolean {
  if (nodeSelector?.[HOST]) return true;
  return (affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).some(
    (term) => term.topologyKey === HOST && meansPod(term, other, other.namespace),
  );
}

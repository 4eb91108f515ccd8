import { dirname } from "node:path";
import type { Findings, PlacedContainer, PodTemplate, Rendering } from "./objects.ts";
import { podTemplates, selects } from "./objects.ts";

const HOST = "kubernetes.io/hostname";
/** Commands that open no database. */
const CLIENTS = ["check", "health"];

/** All replicas and the backup share one database, and write to volumes that outlive their pods. */
export function* checkDatabase(rendering: Rendering): Findings {
  const users = podTemplates(rendering).flatMap((template) =>
    template.containers
      .filter(({ container, isApp }) => isApp && !CLIENTS.includes(container.args?.[0] ?? ""))
      .map((placed) => ({ template, placed, database: databaseOf(template, placed) })),
  );
  const templates = users.map(({ template }) => template);
  const shared = users.find(({ template }) => template.serves)?.database;
  for (const { template, placed, database } of users) {
    if (database !== shared)
      yield [template.object, `${placed.path}.volumeMounts`, `opens ${database}, but the app opens ${shared}`];
    if (database.startsWith("claim ")) {
      yield* checkFolder(template, placed, "/data");
      yield* checkNode(template, templates);
    }
    if (placed.container.args?.[0] === "backup") yield* checkFolder(template, placed, "/backups");
  }
}

function volumeAt({ spec }: PodTemplate, { container }: PlacedContainer, folder: string) {
  const mount = container.volumeMounts?.find(({ mountPath }) => mountPath === folder);
  return { mount, volume: spec.volumes?.find(({ name }) => name === mount?.name) };
}

/** Returns a name for the database that a container opens. */
function databaseOf(template: PodTemplate, placed: PlacedContainer): string {
  const file = placed.container.env?.find(({ name }) => name === "DATABASE_URL_FILE")?.value;
  if (!file) return `claim ${volumeAt(template, placed, "/data").volume?.persistentVolumeClaim?.claimName}`;
  return `Secret ${volumeAt(template, placed, dirname(file)).volume?.secret?.secretName}`;
}

/** A folder is on a persistent volume, and the pod may write to it. */
function* checkFolder(template: PodTemplate, placed: PlacedContainer, folder: string): Findings {
  const { object, path, spec } = template;
  const { mount, volume } = volumeAt(template, placed, folder);
  const at = `${placed.path}.volumeMounts`;
  const claim = volume?.persistentVolumeClaim;
  if (!claim) yield [object, at, `no persistent volume is mounted at ${folder}`];
  if (mount?.readOnly || claim?.readOnly) yield [object, at, `${folder} is read-only`];
  const { fsGroup, runAsGroup } = spec.securityContext ?? {};
  const message = `must equal runAsGroup, or the pod can't write to ${folder}`;
  if (claim && (!fsGroup || fsGroup !== runAsGroup)) yield [object, `${path}.securityContext.fsGroup`, message];
}

/** Processes can share a SQLite file only on one node, and as one user. */
function* checkNode({ object, path, spec }: PodTemplate, users: readonly PodTemplate[]): Findings {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const isTogether = podAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.some(
    ({ topologyKey, labelSelector, namespaces }) =>
      topologyKey === HOST && !namespaces && users.every(({ labels }) => selects(labelSelector, labels)),
  );
  const message = `must require one ${HOST} for all pods that open the SQLite file`;
  if (!isTogether) yield [object, `${path}.affinity.podAffinity`, message];
  if (podAntiAffinity || spec.topologySpreadConstraints?.length)
    yield [object, `${path}.topologySpreadConstraints`, "spreads pods that share a SQLite file"];
  const { runAsUser } = spec.securityContext ?? {};
  if (users.some((user) => user.spec.securityContext?.runAsUser !== runAsUser))
    yield [object, `${path}.securityContext.runAsUser`, "differs among pods that share a SQLite file"];
}

/** An object of a rendering or of the cluster, as far as each has it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** The Deployment, as far as a deployment has to know it. */
export interface App {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly spec: {
        readonly containers: readonly { readonly image: string }[];
        readonly volumes?: readonly { readonly persistentVolumeClaim?: object }[];
        readonly nodeSelector?: Readonly<Record<string, string>>;
        readonly affinity?: {
          podAffinity?: { requiredDuringSchedulingIgnoredDuringExecution?: readonly { topologyKey: string }[] };
        };
      };
    };
  };
  readonly status?: { readonly replicas?: number; readonly availableReplicas?: number };
}

export interface Ingress {
  readonly spec: { readonly rules?: readonly { readonly host?: string }[]; readonly tls?: readonly object[] };
}

export interface Autoscaler {
  readonly spec: { readonly minReplicas?: number };
}

interface Kinds {
  readonly Deployment: App;
  readonly Ingress: Ingress;
  readonly HorizontalPodAutoscaler: Autoscaler;
}

/** @returns what a rendering holds */
export const objectsOf = (yaml: string): KubeObject[] =>
  ([Bun.YAML.parse(yaml)].flat(2) as (KubeObject | null)[]).filter((each) => each !== null);

/** @returns the rendering's one object of a kind, or undefined */
export const find = <Kind extends keyof Kinds>(yaml: string, kind: Kind): Kinds[Kind] | undefined =>
  objectsOf(yaml).find((each) => each.kind === kind) as Kinds[Kind] | undefined;

export const imageOf = (app: App | undefined): string | undefined => app?.spec.template.spec.containers[0]?.image;

/** @returns whether the pods mount a volume for data: SQLite's file */
export const isOnFile = ({ spec }: App): boolean =>
  spec.template.spec.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim) === true;

import type { Database } from "../../src/db/database.ts";
import { health } from "../../src/ops/health.ts";
import { type Findings, podTemplates, type Rendering } from "./objects.ts";

const stopping = health({ check: async () => undefined } as Database, () => "stopping");
/** Whether each of the app's health checks succeeds during shutdown. */
const ROUTES = new Map(
  await Promise.all(
    stopping.routes.map(async ({ path }) => {
      const response = await stopping.handle(new Request(`http://localhost${path}`));
      return [path, response.ok] as const;
    }),
  ),
);

/** Every probe requests one of the app's health checks, and the right one for its purpose. */
export function* checkProbes(rendering: Rendering): Findings {
  for (const { object, containers } of podTemplates(rendering))
    for (const { container, path } of containers.filter(({ isApp }) => isApp))
      for (const name of ["startupProbe", "livenessProbe", "readinessProbe"] as const) {
        const { httpGet: { path: route = "/" } = {} } = container[name] ?? {};
        const message = container[name]?.httpGet && problemWith(name, route);
        if (message) yield [object, `${path}.${name}.httpGet.path`, message];
      }
}

function problemWith(probe: string, route: string): string | undefined {
  const succeeds = ROUTES.get(route);
  if (succeeds === undefined) return `${route} is not one of the app's health checks: ${[...ROUTES.keys()].join(", ")}`;
  if (probe === "readinessProbe" && succeeds)
    return `${route} succeeds during shutdown: the pod would still get requests`;
  if (probe === "livenessProbe" && !succeeds) return `${route} fails during shutdown: the pod would be killed early`;
  return undefined;
}

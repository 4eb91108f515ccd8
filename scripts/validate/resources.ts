import type { Findings, Rendering } from "./objects.ts";
import { containersOf, podTemplates, runsTaskFlow } from "./pods.ts";
import { quantity } from "./quantities.ts";

/** What Kubernetes itself knows to hand out; others have the name of who makes them before a slash. */
const KNOWN = /^(?:cpu|memory|ephemeral-storage|hugepages-.+|[\w.-]+\/[\w.-]+)$/;
const LEAST_MEMORY = 96 * 2 ** 20;
/** Bytes: one that comes in thousandths is meant to be millions. */
const BYTES = ["memory", "ephemeral-storage"];

/**
 * Every container says what it needs and where it ends. A limit on processor time is left to whoever wants one: it slows
 * a pod down while the node has nothing else to do.
 */
export function* checkResources(rendering: Rendering): Findings {
  for (const template of podTemplates(rendering))
    for (const { container, path: at } of containersOf(template)) {
      const { object, spec } = template;
      const { limits = {}, requests = {} } = container.resources ?? {};
      for (const [field, values] of Object.entries({ requests, limits }))
        for (const [name, value] of Object.entries(values)) {
          const path = `${at}.resources.${field}.${name}`;
          if (!KNOWN.test(name))
            yield { object, path, message: `there is no resource ${name}: cpu, memory or ephemeral-storage` };
          if (quantity(value) === undefined)
            yield { object, path, message: `${value} is no quantity, such as 256Mi or 500m` };
          else if (BYTES.includes(name) && /[mnu]$/.test(String(value)))
            yield { object, path, message: `${value} is less than a byte: write ${String(value).slice(0, -1)}Mi` };
        }
      // A limit without a request is a request, too; and a pod may say both for all of its containers.
      const asked = { ...spec.resources?.limits, ...spec.resources?.requests, ...limits, ...requests };
      for (const [field, name, value] of [
        ["requests", "cpu", asked.cpu],
        ["requests", "memory", asked.memory],
        ["limits", "memory", limits.memory ?? spec.resources?.limits?.memory],
      ] as const)
        if (value === undefined) yield { object, path: `${at}.resources.${field}.${name}`, message: "has to be said" };
      const { memory } = limits;
      if (runsTaskFlow(container) && memory !== undefined && (quantity(memory) ?? 0) < LEAST_MEMORY) {
        const message = `${memory} are too little: TaskFlow takes more than 80 MB before anybody asks it anything`;
        yield { object, path: `${at}.resources.limits.memory`, message };
      }
      for (const [name, limit] of Object.entries(limits)) {
        const request = requests[name];
        if ((quantity(request) ?? 0) > (quantity(limit) ?? Number.POSITIVE_INFINITY)) {
          const message = `asks for ${request}, more than the limit of ${limit}`;
          yield { object, path: `${at}.resources.requests.${name}`, message };
        }
      }
    }
}

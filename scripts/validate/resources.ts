import type { Findings, Rendering } from "./objects.ts";
import { containersOf, podTemplates } from "./pods.ts";
import { quantity } from "./quantities.ts";

/**
 * Every container says what it needs and where it ends. A limit on processor time is left to whoever wants one: it slows
 * a pod down while the node has nothing else to do.
 */
export function* checkResources(rendering: Rendering): Findings {
  for (const template of podTemplates(rendering))
    for (const { container, path: at } of containersOf(template)) {
      const { requests = {}, limits = {} } = container.resources ?? {};
      const { object } = template;
      for (const [field, values] of [
        ["requests", requests],
        ["limits", limits],
      ] as const)
        for (const [name, value] of Object.entries(values ?? {}))
          if (quantity(value) === undefined)
            yield { object, path: `${at}.resources.${field}.${name}`, message: `${value} is no quantity` };
      for (const [field, name, value] of [
        ["requests", "cpu", requests?.cpu],
        ["requests", "memory", requests?.memory],
        ["limits", "memory", limits?.memory],
      ] as const)
        if (value === undefined) yield { object, path: `${at}.resources.${field}.${name}`, message: "has to be said" };
      for (const [name, limit] of Object.entries(limits ?? {})) {
        const request = requests?.[name];
        if ((quantity(request) ?? 0) > (quantity(limit) ?? Number.POSITIVE_INFINITY)) {
          const message = `asks for ${request}, more than the limit of ${limit}`;
          yield { object, path: `${at}.resources.requests.${name}`, message };
        }
      }
    }
}

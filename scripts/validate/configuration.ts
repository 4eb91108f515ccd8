import { routedTo } from "./controllers.ts";
import { type Findings, misspelt, ofKind, type Rendering } from "./objects.ts";
import {
  containersOf,
  environmentOf,
  isProgram,
  type PlacedContainer,
  type PodTemplate,
  placeOfVariable,
  podTemplates,
  runsTaskFlow,
  wordsOf,
} from "./pods.ts";
import { type Program, VARIABLES } from "./program.ts";
import { servedBy } from "./traffic.ts";

const LOOPBACK = /^(?:localhost|127\.|::1$|\[::1\])/;

/** TaskFlow is called by words that it knows, set by variables that it takes, and listens where it is asked. */
export function* checkConfiguration(rendering: Rendering, program: Program): Findings {
  const templates = podTemplates(rendering);
  const served = new Set(ofKind(rendering, "Service").flatMap((service) => servedBy(service, templates)));
  const routed = routedTo(rendering, templates);
  for (const template of templates)
    for (const placed of containersOf(template)) {
      if (!runsTaskFlow(placed.container)) continue;
      for (const [path, message] of wordFaults(placed, template, served.has(template), program))
        yield { object: template.object, path, message };
      yield* variableFaults(rendering, template, placed, program);
      if (routed.has(template)) yield* proxyFaults(rendering, template, placed);
      yield* portFaults(rendering, template, placed);
    }
}

function* wordFaults(
  { container, path }: PlacedContainer,
  { lasting, object }: PodTemplate,
  served: boolean,
  { commands }: Program,
): Generator<[string, string]> {
  const [program] = container.command ?? ["taskflow"];
  if (!isProgram(program)) {
    yield [`${path}.command`, `the image has no ${program}, only taskflow: leave command out and say args`];
    return;
  }
  const at = `${path}.${container.args?.length ? "args" : "command"}`;
  const [command = "serve", ...rest] = wordsOf(container);
  const options = commands.get(command);
  if (!options) {
    yield [at, `TaskFlow has no command “${command}”: it is one of ${[...commands.keys()].join(", ")}`];
    return;
  }
  for (const word of rest)
    if (word.startsWith("--") && !options.has(word.split("=")[0] ?? ""))
      yield [at, `“${command}” has no option ${word}: it takes ${[...options].join(", ") || "none"}`];
  if (served && lasting && command !== "serve" && !path.includes(".initContainers["))
    yield [at, `a Service sends requests here, which “${command}” does not answer: say “serve”`];
  const endless = command === "serve" || (command === "backup" && rest.includes("--daily"));
  if (!lasting && object.kind !== "Pod" && endless)
    yield [at, `“${[command, ...rest].join(" ")}” never ends, but a ${object.kind} waits for its end`];
}

function* variableFaults(
  rendering: Rendering,
  template: PodTemplate,
  placed: PlacedContainer,
  program: Program,
): Findings {
  const environment = environmentOf(rendering, template, placed.container);
  const place = (name: string) => placeOfVariable(rendering, template, placed, name);
  // A Secret may bring any variable.
  const unknown = (placed.container.envFrom ?? []).some(({ secretRef }) => secretRef);
  for (const complaint of program.complaints(environment))
    yield { ...place(complaint.split(" ")[0] ?? ""), message: complaint };
  for (const name of environment.keys()) {
    const meant = misspelt(name, VARIABLES);
    if (meant) yield { ...place(name), message: `TaskFlow knows no variable ${name}: say ${meant}` };
    if (name.endsWith("_FILE") && environment.get(name) === "")
      yield { ...place(name), message: `${name} names no file` };
    if (name.endsWith("_FILE") && environment.has(name.slice(0, -5)))
      yield { ...place(name), message: `${name.slice(0, -5)} is set too: keep one of the two` };
  }
  for (const field of ["command", "args"] as const)
    for (const [index, word] of (placed.container[field] ?? []).entries())
      for (const [, name = ""] of word.matchAll(/(?<!\$)\$\((\w+)\)/g))
        if (!environment.has(name) && !unknown) {
          const message = `the container has no variable ${name}, so that the words stay as they are`;
          yield { object: template.object, path: `${placed.path}.${field}[${index}]`, message };
        }
  if (wordsOf(placed.container)[0] !== "serve") return;
  if (!environment.has("JWT_SECRET") && !environment.has("JWT_SECRET_FILE") && !unknown)
    yield {
      ...place("JWT_SECRET_FILE"),
      message: "sets no JWT_SECRET_FILE, without which TaskFlow does not start: name the file of the Secret's key",
    };
  if (LOOPBACK.test(environment.get("HOST") ?? ""))
    yield { ...place("HOST"), message: "nobody outside the pod reaches that address: leave HOST out" };
}

/** Every request comes from the Ingress's controller, which is one proxy. */
function* proxyFaults(rendering: Rendering, template: PodTemplate, placed: PlacedContainer): Findings {
  if (wordsOf(placed.container)[0] !== "serve") return;
  const proxies = environmentOf(rendering, template, placed.container).get("TRUST_PROXY") ?? "0";
  if (!["", "0", "false"].includes(proxies.trim())) return;
  const message = "TaskFlow is behind the Ingress's proxy, which TRUST_PROXY has to count: say 1";
  yield { ...placeOfVariable(rendering, template, placed, "TRUST_PROXY"), message };
}

function* portFaults(rendering: Rendering, template: PodTemplate, placed: PlacedContainer): Findings {
  const { container, path } = placed;
  const port = environmentOf(rendering, template, container).get("PORT");
  if (wordsOf(container)[0] !== "serve" || port === undefined) return;
  for (const [index, { containerPort }] of (container.ports ?? []).entries()) {
    if (String(containerPort) === port) continue;
    const message = `TaskFlow listens on ${port} (PORT) alone, not on ${containerPort}`;
    yield { object: template.object, path: `${path}.ports[${index}].containerPort`, message };
    const set = placeOfVariable(rendering, template, placed, "PORT");
    if (set.path !== `${path}.env`) yield { ...set, message: `${message}: name the same port here and there` };
  }
}

import { tmpdir } from "node:os";
import { ROOT } from "../lib/image.ts";
import { killAtEnd, temporaryFolder } from "../lib/leftovers.ts";
import { Problem } from "../lib/script.ts";
import { type Findings, ofKind, type Rendering } from "./objects.ts";
import { containersOf, type PlacedContainer, podTemplates, runsTaskFlow } from "./pods.ts";
import { servedBy } from "./traffic.ts";

const PROBES = ["startupProbe", "livenessProbe", "readinessProbe"] as const;
/** Longer than the questions take: the program is killed once they are answered. */
const SHUTDOWN_DELAY = 30;
/** How long a program that was told to stop may take to notice it. */
const NOTICE_MS = 3000;

/** What TaskFlow answers to a path while it serves, and while it stops. */
export type Answers = ReadonlyMap<string, { readonly serving: Answer; readonly stopping: Answer }>;
interface Answer {
  readonly status: number;
  readonly type: string;
}

/** The paths that the probes of TaskFlow's containers ask for. */
export function probedPaths(renderings: readonly Rendering[]): string[] {
  const paths = renderings
    .flatMap(podTemplates)
    .flatMap(containersOf)
    .filter(({ container }) => runsTaskFlow(container))
    .flatMap(({ container }) => PROBES.flatMap((name) => container[name]?.httpGet?.path ?? []));
  return [...new Set(paths)];
}

/**
 * Asks the program itself, started from this checkout: no list of its routes can be out of date.
 * @throws Problem when it does not start
 */
export async function askProgram(paths: readonly string[]): Promise<Answers> {
  if (paths.length === 0) return new Map();
  const child = killAtEnd(
    Bun.spawn([process.execPath, "src/index.ts"], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH ?? "",
        PORT: "0",
        DATA_DIR: temporaryFolder(tmpdir()),
        SHUTDOWN_DELAY: String(SHUTDOWN_DELAY),
      },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    }),
  );
  const url = await addressOf(child);
  const ask = async (path: string): Promise<Answer> => {
    const response = await fetch(new URL(path, url), { redirect: "manual", headers: { accept: "*/*" } });
    await response.body?.cancel();
    return { status: response.status, type: response.headers.get("content-type") ?? "" };
  };
  const askAll = () => Promise.all(paths.map(ask));
  const serving = await askAll();
  child.kill("SIGTERM");
  const until = performance.now() + NOTICE_MS;
  let stopping = await askAll();
  while (stopping.every(({ status }) => status < 500) && performance.now() < until) stopping = await askAll();
  child.kill("SIGKILL");
  await child.exited;
  const none = { status: 0, type: "" };
  return new Map(
    paths.map((path, index) => [path, { serving: serving[index] ?? none, stopping: stopping[index] ?? none }]),
  );
}

/** Its output is read to the end: a program that can't write its log does not live. */
function addressOf(child: Bun.Subprocess<"ignore", "pipe", "pipe">): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  void (async () => {
    let output = "";
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      output += decoder.decode(chunk, { stream: true });
      const [, url] = output.match(/TaskFlow is running at (http:\/\/[^\s"]+)/) ?? [];
      if (url) resolve(url);
    }
    const words = await new Response(child.stderr).text();
    reject(new Problem(`TaskFlow does not start, so its probes can't be tried: ${words}`));
  })();
  return promise;
}

/** Every probe asks what TaskFlow answers, and what it is meant to ask. */
export function* checkProbes(rendering: Rendering, answers: Answers): Findings {
  const templates = podTemplates(rendering);
  const served = new Set(ofKind(rendering, "Service").flatMap((service) => servedBy(service, templates)));
  for (const template of templates)
    for (const placed of containersOf(template)) {
      const { container, path } = placed;
      for (const [at, message] of probeFaults(placed, answers)) yield { object: template.object, path: at, message };
      if (!served.has(template) || !template.lasting || !container.ports?.length) continue;
      for (const name of PROBES)
        if (!container[name]) yield { object: template.object, path: `${path}.${name}`, message: "is missing" };
    }
}

function* probeFaults({ container, path }: PlacedContainer, answers: Answers): Generator<[string, string]> {
  for (const name of PROBES) {
    const probe = container[name];
    const at = `${path}.${name}`;
    const { httpGet, exec, periodSeconds = 10, timeoutSeconds = 1 } = probe ?? {};
    const port = httpGet?.port ?? probe?.tcpSocket?.port;
    if (port !== undefined && !container.ports?.some((each) => each.name === port || each.containerPort === port))
      yield [`${at}.${httpGet ? "httpGet" : "tcpSocket"}.port`, `the container has no port ${port}`];
    if (timeoutSeconds > periodSeconds)
      yield [
        `${at}.timeoutSeconds`,
        `${timeoutSeconds} s are longer than the ${periodSeconds} s between two questions`,
      ];
    if (!runsTaskFlow(container)) continue;
    if (exec && /(?:^|\/)(?:ba|da)?sh$|(?:^|\/)(?:curl|wget|cat|nc)$/.test(exec.command?.[0] ?? ""))
      yield [`${at}.exec.command`, `the image has no ${exec.command?.[0]}`];
    if (httpGet?.scheme === "HTTPS") yield [`${at}.httpGet.scheme`, "TaskFlow speaks plain HTTP inside the cluster"];
    const answer = answers.get(httpGet?.path ?? "");
    const fault = answer && faultOf(name, answer);
    if (fault) yield [`${at}.httpGet.path`, `${httpGet?.path} ${fault}`];
  }
}

function faultOf(probe: (typeof PROBES)[number], { serving, stopping }: { serving: Answer; stopping: Answer }) {
  if (serving.status === 404) return "is no route of TaskFlow";
  if (serving.status < 200 || serving.status > 299) return `is answered ${serving.status}, which says nothing`;
  if (serving.type.includes("html")) return "is a page for people, not a probe";
  if (probe === "livenessProbe" && stopping.status >= 400)
    return `is answered ${stopping.status} while the pod drains, which would kill it: ask whether the process lives`;
  if (probe === "readinessProbe" && stopping.status < 400)
    return "is answered as before while the pod stops: ask whether it takes requests";
}

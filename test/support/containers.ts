import { join } from "node:path";
import { send } from "./client.ts";
import { ROOT } from "./program.ts";

/** The image of this checkout, which test/run-deploy.ts builds; "" without an engine that works. */
export const image = process.env.TEST_IMAGE ?? "";
export const noEngine = image === "";

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command and returns its exit code and output. */
export async function run(
  command: readonly string[],
  {
    env = {},
    cwd = ROOT,
    detached = false,
  }: { env?: Record<string, string | undefined>; cwd?: string; detached?: boolean } = {},
): Promise<Result> {
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...process.env, ...env },
    detached,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

/** Runs Podman. @returns its output @throws Error with its output if it fails */
export async function podman(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(["podman", ...words]);
  if (code !== 0) throw new Error(`podman ${words.join(" ")} ended with ${code}: ${stderr}${stdout}`);
  return stdout.trim();
}

/** The restrictions under which the image has to work: it writes only to its volumes, and has no capability. */
const LOCKED = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp"];
export const SECRET = "a signing secret that appears in no log";

export interface Container extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  logs(): Promise<string>;
  /** Stops it with SIGTERM. @returns the exit code */
  stop(): Promise<number>;
}

interface ContainerOptions {
  image?: string;
  /** A named volume for /data; the container does not own it. */
  volume?: string;
  network?: string;
  command?: string[];
  env?: Record<string, string>;
}

/** Starts a locked-down container and waits until it serves. @throws Error with its log if it exits first */
export async function startContainer({
  image: reference = image,
  volume,
  network,
  command = [],
  env = {},
}: ContainerOptions): Promise<Container> {
  const name = `taskflow-spec-${crypto.randomUUID().slice(0, 8)}`;
  const hashing = "/fast-hashing.ts";
  const BUN_OPTIONS = `--preload=${hashing}`;
  const environment = Object.entries({ JWT_SECRET: SECRET, LOG_LEVEL: "error", BUN_OPTIONS, ...env });
  await podman(
    ...["run", "--detach", `--name=${name}`, ...LOCKED, "--publish=127.0.0.1::8000"],
    `--volume=${join(import.meta.dir, hashing)}:${hashing}:ro,z`,
    ...(volume ? [`--volume=${volume}:/data`] : []),
    ...(network ? [`--network=${network}`] : []),
    ...environment.map(([key, value]) => `--env=${key}=${value}`),
    reference,
    ...command,
  );
  const logs = async () => {
    const { stdout, stderr } = await run(["podman", "logs", name]);
    return stdout + stderr;
  };
  const dispose = async () => void (await run(["podman", "rm", "--force", "--volumes", "--time=0", name]));
  const url = `http://${(await podman("port", name, "8000")).split("\n")[0]}`;
  while ((await send(url, "/readyz").catch(() => undefined))?.status !== 200) {
    if ((await podman("inspect", "--format={{.State.Running}}", name)) === "true") continue;
    const words = await logs();
    await dispose();
    throw new Error(`the container exited: ${words}`);
  }
  return {
    name,
    url,
    logs,
    async stop() {
      await podman("stop", "--time=20", name);
      return Number(await podman("inspect", "--format={{.State.ExitCode}}", name));
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** Creates a named volume, removed on disposal. */
export async function volume(): Promise<AsyncDisposable & { readonly name: string; readonly path: string }> {
  const name = `taskflow-spec-${crypto.randomUUID().slice(0, 8)}`;
  await podman("volume", "create", name);
  return {
    name,
    path: await podman("volume", "inspect", "--format={{.Mountpoint}}", name),
    [Symbol.asyncDispose]: async () => void (await run(["podman", "volume", "rm", "--force", name])),
  };
}

/** Runs a command of the image on volumes. */
export function runOnce(mounts: string[], ...command: string[]) {
  const options = [`--env=JWT_SECRET=${SECRET}`, ...mounts.map((mount) => `--volume=${mount}`)];
  return run(["podman", "run", "--rm", ...LOCKED, ...options, image, ...command]);
}

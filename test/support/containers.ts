import { tmpdir } from "node:os";
import { join } from "node:path";
import { send } from "./client.ts";

export const ROOT = join(import.meta.dir, "..", "..");
const ENGINE = Bun.which("podman");

/** On a machine without Podman these specs are left out, with a line that says so; a gate must not pass that way. */
export const noEngine = ENGINE === null && !process.env.CI;
if (noEngine) console.log("skipped: no Podman was found (Debian: apt-get install podman podman-compose)");

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
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

/** Runs Podman. @returns what it printed @throws Error with its words when it fails */
export async function podman(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(["podman", ...words]);
  if (code !== 0) throw new Error(`podman ${words.join(" ")} ended with ${code}: ${stderr}${stdout}`);
  return stdout.trim();
}

/** Several files of specs want the image at the same time: one builds it, the others find its layers. */
const inTurn = Bun.which("flock") ? ["flock", join(tmpdir(), "taskflow-spec-image.lock")] : [];

/** Builds the image as users do. @returns its full name */
export async function buildImage(tag: string, { cwd = ROOT, env = {} } = {}): Promise<string> {
  const { code, stdout, stderr } = await run([...inTurn, process.execPath, "scripts/image.ts", "--tag", tag], {
    cwd,
    env,
  });
  if (code !== 0) throw new Error(`the build ended with ${code}: ${stderr}${stdout}`);
  return stdout.trim().split("\n").at(-1) ?? "";
}

/** The image of this checkout; another checkout on the same machine has another. */
export const image = () => buildImage(`spec-${Bun.hash(ROOT).toString(36)}`);

/** What the image is promised to do with: nothing to write to but its volumes, and no right beyond any user's. */
const LOCKED = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp"];
export const SECRET = "the secret of a container that specs look into";

export interface Container extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  logs(): Promise<string>;
  /** Ends it as `podman stop` does. @returns the exit code */
  stop(): Promise<number>;
}

interface ContainerOptions {
  image: string;
  /** A named volume, which stays; none where the data is elsewhere. */
  volume?: string;
  /** A network that was made for it. */
  network?: string;
  command?: string[];
  env?: Record<string, string>;
}

/** Starts the image, locked up, and waits until it serves. @throws Error with its log when it ends first */
export async function startContainer({
  image,
  volume,
  network,
  command = [],
  env = {},
}: ContainerOptions): Promise<Container> {
  const name = `taskflow-spec-${crypto.randomUUID().slice(0, 8)}`;
  const environment = Object.entries({ JWT_SECRET: SECRET, LOG_LEVEL: "error", ...env });
  await podman(
    ...["run", "--detach", `--name=${name}`, ...LOCKED, "--publish=127.0.0.1::8000"],
    ...(volume ? [`--volume=${volume}:/data`] : []),
    ...(network ? [`--network=${network}`] : []),
    ...environment.map(([key, value]) => `--env=${key}=${value}`),
    image,
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
    throw new Error(`the container ended: ${words}`);
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

/** A named volume, gone when the spec is over. */
export async function volume(): Promise<AsyncDisposable & { readonly name: string; readonly path: string }> {
  const name = `taskflow-spec-${crypto.randomUUID().slice(0, 8)}`;
  await podman("volume", "create", name);
  return {
    name,
    path: await podman("volume", "inspect", "--format={{.Mountpoint}}", name),
    [Symbol.asyncDispose]: async () => void (await run(["podman", "volume", "rm", "--force", name])),
  };
}

/** A command of the image, to its end, over a volume. */
export const runOnce = (image: string, mounts: string[], ...command: string[]) =>
  run(["podman", "run", "--rm", ...LOCKED, ...mounts.map((mount) => `--volume=${mount}`), image, ...command]);

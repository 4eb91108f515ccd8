import { image, podman, run } from "./containers.ts";
import { dataFolder } from "./data-folder.ts";
import { freePort } from "./free-port.ts";
import { ROOT } from "./program.ts";

/** A Compose project with secrets of its own, removed on disposal. Set TASKFLOW_IMAGE to "" to have `up` build the image. */
export function stack(stage: "prod" | "dev", more: Record<string, string> = {}, cwd = ROOT) {
  const folder = dataFolder();
  const project = `spec-${crypto.randomUUID().slice(0, 8)}`;
  const env = {
    COMPOSE_PROJECT_NAME: project,
    PORT: String(freePort()),
    TASKFLOW_SECRETS: folder.file("secrets"),
    TASKFLOW_ENGINE: "podman",
    TASKFLOW_IMAGE: stage === "prod" ? image : "",
    ...more,
  };
  const ours = ["--filter", `label=com.docker.compose.project=${project}`];
  const script = (name: string, ...words: string[]) =>
    run([process.execPath, `scripts/${name}.ts`, stage, ...words], { env, cwd });
  return {
    project,
    script,
    secrets: folder.file("secrets"),
    url: `http://localhost:${env.PORT}`,
    /** @returns the last line of its output @throws Error with its output if it fails */
    async up(...words: string[]) {
      const { code, stdout, stderr } = await script("up", ...words);
      if (code !== 0) throw new Error(`up ended with ${code}: ${stderr}${stdout}`);
      return stdout.trim().split("\n").at(-1);
    },
    containers: () => podman("ps", "--no-trunc", ...ours, "--format={{.ID}} {{.Names}}"),
    /** @returns the names of its volumes or networks */
    names: async (kind: "volume" | "network") =>
      (await podman(kind, "ls", "--quiet", ...ours)).split("\n").filter(Boolean),
    async [Symbol.asyncDispose]() {
      await script("down");
      for (const kind of ["volume", "network"] as const)
        for (const name of await this.names(kind)) await podman(kind, "rm", "--force", name);
      folder[Symbol.dispose]();
    },
  };
}

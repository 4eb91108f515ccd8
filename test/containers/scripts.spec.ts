import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { chmodSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { run } from "../support/containers.ts";
import { type DataFolder, dataFolder } from "../support/data-folder.ts";

setDefaultTimeout(180_000);

const SCRIPTS = ["image", "up", "down", "logs", "shell", "clean"];

/** Creates a folder for PATH with only Git, a shell and stand-ins for engines. */
function pathWith(engines: Record<string, string>): DataFolder {
  const folder = dataFolder();
  for (const tool of ["git", "bash"]) symlinkSync(Bun.which(tool) ?? "", folder.file(tool));
  for (const [name, answers] of Object.entries(engines)) {
    writeFileSync(
      folder.file(name),
      `#!${process.execPath}\nconst words = process.argv.slice(2).join(" ");\n${answers}\n`,
    );
    chmodSync(folder.file(name), 0o755);
  }
  return folder;
}

const PODMAN = `if (words === "--version") console.log("podman version 5.2.0"); else if (words !== "version") process.exit(1)`;
const PODMAN_COMPOSE = `console.log("podman-compose version 1.6.0")`;
const DOCKER = `if (words === "--version") console.log("Docker version 28.2.2");
  else if (words === "compose version") console.log("Docker Compose version v2.40.3");
  else if (words !== "version") process.exit(1)`;

/** Runs a script with only these engines on PATH. */
async function script(
  words: string[],
  engines: Record<string, string> = {},
  env: Record<string, string | undefined> = {},
) {
  using path = pathWith(engines);
  const [name, ...rest] = words;
  using secrets = dataFolder();
  const TASKFLOW_SECRETS = secrets.file("secrets");
  return await run([process.execPath, `scripts/${name}.ts`, ...rest], {
    env: { PATH: path.path, TASKFLOW_ENGINE: undefined, TASKFLOW_SECRETS, COMPOSE_PROJECT_NAME: undefined, ...env },
  });
}

describe.each(SCRIPTS)("bun scripts/%s.ts", (name) => {
  it("prints help that fits a screen, also without an engine", async () => {
    const { code, stdout, stderr } = await script([name, "--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n").length).toBeLessThanOrEqual(24);
    for (const word of ["--dry-run", "--help", `scripts/${name}.ts`]) expect(stdout).toContain(word);
  });

  it("rejects unknown arguments with exit code 2", async () => {
    for (const words of [["--nonsense"], ["nonsense"]]) {
      const { code, stderr } = await script([name, ...words], { podman: PODMAN, "podman-compose": PODMAN_COMPOSE });
      expect(code).toBe(2);
      expect(stderr).toMatch(/nonsense.*--help\n$/);
    }
  });

  it("says how to get an engine if there is none", async () => {
    const { code, stderr } = await script([name, ...(name === "clean" ? ["--yes"] : [])]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^no container engine: .*podman\.io.*apt-get.*docs\.docker\.com.*\n$/);
  });

  it("prints its commands with --dry-run", async () => {
    const { code, stdout } = await script([name, "--dry-run"], { podman: PODMAN, "podman-compose": PODMAN_COMPOSE });
    expect(code).toBe(0);
    expect(stdout).toMatch(name === "clean" ? /Nothing to remove/ : /^([A-Z_]+=\S* )*podman(-compose)? /m);
  });
});

describe("the engine", () => {
  const both = { podman: PODMAN, "podman-compose": PODMAN_COMPOSE, docker: DOCKER };

  it("is Podman if both are installed, or the one that TASKFLOW_ENGINE names", async () => {
    expect((await script(["down", "--dry-run"], both)).stdout).toMatch(
      /^COMPOSE_PROFILES=\S+ COMPOSE_PROJECT_NAME=taskflow podman-compose \S+ -p taskflow -f deploy\/compose.yaml /,
    );
    const docker = await script(["down", "--dry-run"], both, { TASKFLOW_ENGINE: "docker" });
    expect(docker.stdout).toMatch(/ docker compose -p taskflow -f deploy\/compose.yaml /);
  });

  it("is Docker if only Docker is installed, or if Podman does not respond", async () => {
    expect((await script(["image", "--dry-run"], { docker: DOCKER })).stdout).toStartWith("docker build ");
    const silent = { ...both, podman: "process.exit(125)" };
    expect((await script(["image", "--dry-run"], silent)).stdout).toStartWith("docker build ");
  });

  it("must be Podman or Docker, installed and responding", async () => {
    const wrong = await script(["down"], both, { TASKFLOW_ENGINE: "lxc" });
    expect([wrong.code, wrong.stderr]).toEqual([2, "TASKFLOW_ENGINE must be podman or docker, not “lxc”\n"]);
    const missing = await script(["down"], { podman: PODMAN }, { TASKFLOW_ENGINE: "docker" });
    expect(missing.stderr).toMatch(/^docker \(TASKFLOW_ENGINE\) is not installed: .*docs\.docker\.com/);
    const silent = await script(["down"], { docker: "process.exit(1)" });
    expect(silent.stderr).toMatch(/^docker does not respond: start its service/);
    expect([missing.code, silent.code]).toEqual([1, 1]);
  });

  it("is the one with Compose, if only one has it", async () => {
    const { stdout } = await script(["down", "--dry-run"], { podman: PODMAN, docker: DOCKER });
    expect(stdout).toMatch(/^COMPOSE_PROFILES=\S+ COMPOSE_PROJECT_NAME=taskflow docker compose -p taskflow /);
  });

  it("needs Compose, and says how to get it", async () => {
    const { code, stderr } = await script(["up"], { podman: PODMAN });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^no Compose for podman: pip install podman-compose/)]);
  });
});

describe("bun scripts/image.ts", () => {
  const dry = (...words: string[]) => script(["image", "--dry-run", ...words], { podman: PODMAN });

  it("tags the image with the name that it prints last", async () => {
    expect((await dry("--tag", "1.2")).stdout).toMatch(
      / --tag=localhost\/taskflow:1\.2 \.\nlocalhost\/taskflow:1\.2\n$/,
    );
    const elsewhere = await dry("--tag", "registry.example.org/team/taskflow:1.2", "--push");
    expect(elsewhere.stdout).toMatch(
      /\npodman push registry\.example\.org\/team\/taskflow:1\.2\nregistry\.example\.org\/team\/taskflow:1\.2\n$/,
    );
  });

  it("builds several platforms as one manifest, with Podman", async () => {
    const words = ["--platform", "linux/amd64,linux/arm64", "--tag", "registry.example.org/taskflow:1", "--push"];
    expect((await dry(...words)).stdout).toMatch(
      /--platform=linux\/amd64,linux\/arm64.* --manifest=registry\.example\.org\/taskflow:1 \.\npodman manifest push --all /,
    );
    const docker = await script(["image", "--dry-run", ...words], { docker: DOCKER });
    expect([docker.code, docker.stderr]).toEqual([1, expect.stringContaining("need Podman")]);
  });

  it.each([
    [["--platform", "linux/s390x"], /linux\/s390x/],
    [["--push"], /requires a registry/],
    [["--push", "--tag", "1.2"], /requires a registry/],
    [["--tag", "no name"], /no name/],
    [["--tag", "-x"], /^[^\n]*--tag[^\n]*; see --help\n$/],
  ])("rejects %p", async (words, reason) => {
    const { code, stderr } = await dry(...words);
    expect(code).toBe(2);
    expect(stderr).toMatch(reason);
  });

  it.each([
    ["git@github.com:owner/repo.git", undefined],
    ["https://someone:a-token@github.com/owner/repo.git", "https://github.com/owner/repo"],
    ["/srv/git/repo.git", undefined],
    ["../repo", undefined],
  ])("labels the image with the web address of the source: %s", async (remote, address) => {
    using repository = dataFolder();
    const git = (...words: string[]) => run(["git", "-C", repository.path, ...words]);
    await git("init", "--quiet");
    await git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--allow-empty", "--message=First");
    await git("remote", "add", "origin", remote);
    const env = { GIT_DIR: repository.file(".git") };
    const { stdout } = await script(["image", "--dry-run"], { podman: PODMAN }, env);
    expect(/--label=org\.opencontainers\.image\.source=(\S+)/.exec(stdout)?.[1]).toBe(address);
  });

  it("accepts other base images, for example by digest", async () => {
    const BASE_IMAGE = `gcr.io/distroless/cc-debian12:nonroot@sha256:${"0".repeat(64)}`;
    const { stdout } = await script(["image", "--dry-run"], { podman: PODMAN }, { BASE_IMAGE });
    expect(stdout).toContain(`--build-arg=BASE_IMAGE=${BASE_IMAGE} `);
  });
});

describe("bun scripts/up.ts", () => {
  const podman = { podman: PODMAN, "podman-compose": PODMAN_COMPOSE };
  const dry = (...words: string[]) => script(["up", ...words, "--dry-run"], podman);

  it("builds the image and starts the services, with PostgreSQL, Litestream or monitoring only on request", async () => {
    expect((await dry()).stdout).toMatch(
      /^podman build .*\n[^\n]* podman-compose .* up -d taskflow-app taskflow-backup\n$/,
    );
    expect((await dry("prod", "--postgres")).stdout).toMatch(
      /up -d taskflow-postgres\n.* up -d taskflow-postgres taskflow-app taskflow-backup\n$/,
    );
    expect((await dry("prod", "--litestream")).stdout).toMatch(
      /up -d taskflow-app taskflow-backup taskflow-litestream\n$/,
    );
    expect((await dry("prod", "--monitoring")).stdout).toMatch(
      /up -d taskflow-app taskflow-backup taskflow-prometheus taskflow-alertmanager taskflow-grafana\n$/,
    );
    expect((await dry("dev")).stdout).toMatch(/--target=development .*\n.*compose\.dev\.yaml up -d taskflow-app\n$/);
  });

  it("builds no image if one is given", async () => {
    const { stdout } = await script(["up", "--dry-run"], podman, { TASKFLOW_IMAGE: "registry.example.org/taskflow:1" });
    expect(stdout).toMatch(/^[^\n]* TASKFLOW_IMAGE=registry\.example\.org\/taskflow:1 [^\n]* podman-compose .* up -d/);
  });

  it.each([
    [["prod", "dev"]],
    [["dev", "--postgres"]],
    [["prod", "--postgres", "--litestream"]],
    [["prod", "--restore", "../elsewhere"]],
  ])("rejects %p", async (words) => {
    expect((await dry(...words)).code).toBe(2);
  });

  it.each([
    [{ PORT: "abc" }, "PORT must be a number from 1 to 65535.\n"],
    [{ PORT: "99999" }, "PORT must be a number from 1 to 65535.\n"],
    [{ TASKFLOW_ADDRESS: "localhost" }, expect.stringMatching(/^TASKFLOW_ADDRESS must be an IP address/)],
  ])("rejects %p before it looks for an engine", async (env, message) => {
    const { code, stderr } = await script(["up", "prod"], {}, env);
    expect([code, stderr]).toEqual([2, message]);
  });

  it("rebuilds the image outside a Git checkout", async () => {
    const engine = `if (words.startsWith("image inspect")) console.log("unknown"); else ${PODMAN}`;
    const engines = { podman: engine, "podman-compose": PODMAN_COMPOSE };
    const { stdout } = await script(["up", "--dry-run"], engines, { GIT_DIR: "/nowhere" });
    expect(stdout).toMatch(/^podman build .*--label=org\.opencontainers\.image\.revision=unknown /);
  });

  it("rejects an unencrypted replica beside encrypted backups", async () => {
    using secrets = dataFolder();
    writeFileSync(secrets.file("backup-passphrase"), "a passphrase of a spec");
    const env = { TASKFLOW_SECRETS: secrets.path };
    const { code, stdout, stderr } = await script(["up", "prod", "--litestream"], podman, env);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/\nbackups are encrypted, .* set REPLICA_URL to another place.*\n$/);
    const elsewhere = await script(["up", "--litestream", "--dry-run"], podman, {
      ...env,
      REPLICA_URL: "s3://bucket.example.org/taskflow",
    });
    expect(elsewhere.stdout).toMatch(/up -d taskflow-app taskflow-backup taskflow-litestream\n$/);
  });

  it("checks the app directly, whatever HTTP_PROXY says", async () => {
    using app = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
    const engine = `if (words.includes(".State.Status")) console.log('running 0 "2026-01-01T00:00:00Z"');
      else if (!/^(build|image|container) /.test(words)) ${PODMAN}`;
    const engines = { podman: engine, "podman-compose": PODMAN_COMPOSE };
    const env = { PORT: `${app.port}`, HTTP_PROXY: "http://127.0.0.1:9", NO_PROXY: undefined, no_proxy: undefined };
    const { code, stdout } = await script(["up", "dev"], engines, env);
    expect([code, stdout]).toEqual([0, `http://localhost:${app.port}\n`]);
  });

  it("connects the backup service to PostgreSQL, and else to no other network", async () => {
    expect((await dry("prod")).stdout).toContain(" TASKFLOW_BACKUP_NETWORK=back ");
    expect((await dry("prod", "--postgres")).stdout).toContain(" TASKFLOW_BACKUP_NETWORK=front ");
  });

  it("publishes the port on an IPv4 or IPv6 address", async () => {
    const openedAt = async (TASKFLOW_ADDRESS?: string) =>
      /TASKFLOW_ADDRESS=(\S+)/.exec((await script(["up", "--dry-run"], podman, { TASKFLOW_ADDRESS })).stdout)?.[1];
    expect(await openedAt()).toBe("127.0.0.1");
    expect(await openedAt("::1")).toBe("$'[::1]'");
  });

  it("creates no secret with --dry-run", async () => {
    using secrets = dataFolder();
    const TASKFLOW_SECRETS = secrets.file("not/there");
    await script(["up", "--postgres", "--dry-run"], podman, { TASKFLOW_SECRETS });
    expect(readdirSync(secrets.path)).toEqual([]);
  });
});

/** A stand-in for Podman with the volume and images of a stack; its app runs or not. */
const podmanWith = (state: "true" | "false") => `if (words === "--version") console.log("podman version 5.2.0");
  else if (words.startsWith("volume ls")) console.log("some_data");
  else if (words.startsWith("inspect")) console.log("${state}");
  else if (words.startsWith("run ")) console.log("in it");
  else if (words !== "version" && !words.startsWith("image inspect") && !words.includes(" ls ")) process.exit(1)`;

describe.each(["logs", "shell"])("bun scripts/%s.ts", (name) => {
  it("lists the services if given an unknown one", async () => {
    const engines = { podman: PODMAN, "podman-compose": PODMAN_COMPOSE };
    const { code, stderr } = await script([name, "prod", "nonsense"], engines);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^unknown service “nonsense”; the services are taskflow-app, .*, taskflow-grafana\n$/);
  });
});

describe("bun scripts/shell.ts", () => {
  it("runs a command next to a service", async () => {
    const engines = { podman: podmanWith("true"), "podman-compose": PODMAN_COMPOSE };
    expect((await script(["shell", "prod", "taskflow-app", "--", "ls"], engines)).stdout).toContain("in it");
  });
});

describe("bun scripts/clean.ts", () => {
  it("removes the images only with the default project", async () => {
    const engines = { podman: podmanWith("false"), "podman-compose": PODMAN_COMPOSE };
    const usual = await script(["clean", "--dry-run"], engines);
    expect(usual.stdout).toMatch(/image rm localhost\/taskflow:latest localhost\/taskflow:\d/);
    const other = await script(["clean", "--dry-run"], engines, { COMPOSE_PROJECT_NAME: "other" });
    expect(other.stdout).toContain("volume rm some_data");
    expect(other.stdout).not.toContain("image rm");
  });

  it("asks first, and removes nothing without a terminal", async () => {
    const engine = `if (words.startsWith("volume ls")) console.log("taskflow_data");
      else if (words === "--version") console.log("podman version 5.2.0");
      else if (words !== "version" && !words.includes(" ls ")) process.exit(1)`;
    const { code, stdout, stderr } = await script(["clean"], { podman: engine, "podman-compose": PODMAN_COMPOSE });
    expect(code).toBe(1);
    expect(stdout).toContain("taskflow_data");
    expect(stderr).toMatch(/--yes/);
  });
});

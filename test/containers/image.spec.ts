import { beforeAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { checkout } from "../support/checkout.ts";
import { image, noEngine, podman, run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";

setDefaultTimeout(600_000);

const MEGABYTE = 1_000_000;
// biome-ignore lint/suspicious/noExplicitAny: what `podman inspect` prints
let inspected: any;
let bytes: Buffer[];

beforeAll(async () => {
  if (noEngine) return;
  [inspected] = JSON.parse(await podman("image", "inspect", image));
  bytes = await everyByte(image);
});

/** @returns the bytes of an image's layers, its configuration and its history */
async function everyByte(name: string): Promise<Buffer[]> {
  using folder = dataFolder();
  const place = folder.file("image");
  await podman("save", "--quiet", "--format=docker-dir", `--output=${place}`, name);
  return readdirSync(place).map((file) => {
    const read = readFileSync(join(place, file));
    return read[0] === 0x1f && read[1] === 0x8b ? Buffer.from(Bun.gunzipSync(read)) : read;
  });
}

describe.skipIf(noEngine)("the image", () => {
  it("contains the executable, glibc and a few system files, and nothing else", async () => {
    const container = await podman("create", image);
    const listing = await run(["sh", "-c", `podman export ${container} | tar --list`]);
    await podman("rm", "--volumes", container);
    const files = listing.stdout.split("\n").filter((name) => name && !name.endsWith("/"));
    const architecture = /^(lib\/[\w-]+-linux-gnu)\/libc\.so\.6$/;
    const libraries = files.map((name) => architecture.exec(name)?.[1]).find(Boolean);
    // Files that the engine adds to every container.
    const engineFiles = /^(dev|proc|sys|run)\/|^etc\/(hosts|hostname|resolv\.conf|mtab)$/;
    // The record of libc6 for scanners, which not every base has.
    const record = /^etc\/(debian_version|os-release)$|^var\/lib\/dpkg\/status\.d\/libc6$/;
    const ignored = [engineFiles, record, /^lib(64)?\/ld-linux-/];
    expect(files.filter((name) => !ignored.some((pattern) => pattern.test(name))).sort()).toEqual(
      [
        "etc/group",
        "etc/nsswitch.conf",
        "etc/passwd",
        "etc/ssl/certs/ca-certificates.crt",
        ...["libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0"].map((name) => `${libraries}/${name}`),
        "usr/bin/taskflow",
      ].sort(),
    );
  });

  it("runs as uid and gid 1000 on port 8000, with two volumes", async () => {
    expect(inspected.Config).toMatchObject({
      User: "1000:1000",
      ExposedPorts: { "8000/tcp": {} },
      Volumes: { "/data": {}, "/backups": {} },
      Entrypoint: ["/usr/bin/taskflow"],
      StopSignal: "SIGTERM",
    });
    expect(inspected.Config.Env).toEqual(
      expect.arrayContaining(["NODE_ENV=production", "PORT=8000", "DATA_DIR=/data", "BACKUP_DIR=/backups"]),
    );
  });

  it("checks its own health every 30 seconds with its own executable", () => {
    const { Test, Interval } = inspected.HealthCheck ?? inspected.Healthcheck ?? inspected.Config.Healthcheck;
    expect(Test).toEqual(["CMD", "/usr/bin/taskflow", "health"]);
    expect(Interval).toBe(30e9);
  });

  it("has labels that name its version, commit and license", async () => {
    const head = (await run(["git", "rev-parse", "HEAD"])).stdout.trim();
    const label = (name: string) => inspected.Config.Labels[`org.opencontainers.image.${name}`];
    expect(label("version")).toBe(version);
    expect(label("revision")).toStartWith(head);
    expect(label("licenses")).toBe("MIT");
    expect(label("title")).toBe("TaskFlow");
    expect(label("description")).toBeString();
    expect(label("source")).not.toMatch(/^\/|@/);
    expect(new Date(label("created")).getTime()).toBeGreaterThan(Date.UTC(2020));
  });

  it("is at most 120 MB, and 60 MB compressed", () => {
    expect(inspected.Size).toBeLessThan(120 * MEGABYTE);
    const packed = bytes.reduce((sum, each) => sum + Bun.gzipSync(Uint8Array.from(each), { level: 5 }).length, 0);
    expect(packed).toBeLessThan(60 * MEGABYTE);
  });

  it("has no source map", () => {
    expect(bytes.some((each) => each.includes("CREATE TABLE `tasks`"))).toBe(true);
    expect(bytes.some((each) => each.includes("src/features/tasks/service.ts"))).toBe(false);
  });

  it("prints its version", async () => {
    expect(await podman("run", "--rm", image, "--version")).toBe(version);
  });
});

describe.skipIf(noEngine)("another build of the same program", () => {
  it("in another folder, of a later commit and beside secrets, has the same layers and none of the secrets", async () => {
    using copy = await checkout();
    const author = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
    appendFileSync(join(copy.path, "src/index.ts"), "// Another commit, of which nothing is in the program.\n");
    await run(["git", ...author, "commit", "--quiet", "--message=A remark", "--", "src/index.ts"], {
      cwd: copy.path,
      env: { GIT_COMMITTER_DATE: "2037-01-01T00:00:00Z" },
    });
    const secrets: string[] = [];
    for (const file of [
      ".env",
      ".env.production",
      "src/.env",
      ".secrets/jwt-secret",
      "data/jwt-secret",
      ".npmrc",
      "x.pem",
    ]) {
      const secret = `secret-${crypto.randomUUID()}`;
      secrets.push(secret);
      mkdirSync(join(copy.path, file, ".."), { recursive: true });
      writeFileSync(join(copy.path, file), `JWT_SECRET=${secret}\n`);
    }
    const inEnvironment = `secret-${crypto.randomUUID()}`;
    secrets.push(inEnvironment);
    const env = { JWT_SECRET: inEnvironment, BACKUP_PASSPHRASE: inEnvironment };
    const name = `localhost/taskflow:spec-${crypto.randomUUID().slice(0, 8)}`;
    const planned = await run([process.execPath, "scripts/image.ts", "--tag", name, "--dry-run"], {
      cwd: copy.path,
      env,
    });
    const [command = ""] = planned.stdout.split("\n");
    const built = await run(["bash", "-c", command.replace(" build ", " build --no-cache ")], { cwd: copy.path, env });
    expect(built.code, built.stderr).toBe(0);
    try {
      expect(await podman("image", "inspect", "--format={{.Labels}}", name)).toContain("created:2037-01-01");
      const layers = await podman("image", "inspect", "--format={{.RootFS.Layers}}", name);
      expect(layers).toBe(await podman("image", "inspect", "--format={{.RootFS.Layers}}", image));
      const all = await everyByte(name);
      expect(all.some((each) => each.includes("CREATE TABLE `tasks`"))).toBe(true);
      for (const secret of secrets) expect(all.some((each) => each.includes(secret))).toBe(false);
    } finally {
      await podman("rmi", name);
    }
  });
});

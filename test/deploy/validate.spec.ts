import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { $ } from "zx";
import { findSecretsInGit } from "../../scripts/validate/secrets.ts";
import { dataFolder } from "../support/data-folder.ts";
import { noHelm, noKubectl, validate } from "../support/manifests.ts";
import { ROOT } from "../support/program.ts";

setDefaultTimeout(180_000); // rendering takes long on a busy machine

const DEPLOY = join(ROOT, "deploy");
const CHART = join(DEPLOY, "chart", "taskflow");

/** Copies our overlays and changes one file. An empty `from` adds the text at the end. */
async function copyOfOverlays(file: string, from: string, to: string) {
  const folder = dataFolder();
  cpSync(join(DEPLOY, "kustomize"), folder.path, { recursive: true });
  const text = readFileSync(folder.file(file), "utf8");
  expect(text).toContain(from);
  await Bun.write(folder.file(file), from ? text.replace(from, to) : `${text}${to}`);
  return folder;
}

describe.skipIf(noHelm)("scripts/validate.ts with the chart", () => {
  it("checks every overlay, component and values file of this repository", async () => {
    const { code, lines, errors } = await validate([]);
    expect([code, errors, lines.at(-1)]).toEqual([0, "", "git: contains no secrets"]);
    const parts = lines.map((line) => line.split(/ \+ |: /));
    const names = new Set(parts.flat());
    for (const name of ["dev", "prod"]) expect(names).toContain(`deploy/kustomize/overlays/${name}`);
    for (const name of readdirSync(join(DEPLOY, "kustomize", "components")))
      expect([name, name === "labels" || names.has(name)]).toEqual([name, true]);
    for (const name of new Bun.Glob("values-*.yaml").scanSync(CHART)) expect(names).toContain(name);
  });

  it.each(["kubectl", "helm"])("names %s where it is missing", async (tool) => {
    using folder = dataFolder();
    for (const each of ["kubectl", "helm", "git", "bash"].filter((name) => name !== tool && Bun.which(name)))
      symlinkSync(Bun.which(each) ?? "", folder.file(each));
    const { code, errors } = await validate([], { PATH: folder.path });
    expect([code, errors]).toEqual([1, expect.stringMatching(new RegExp(`^${tool} is missing: see https://`))]);
  });

  it("takes a Secret that a values file names as given", async () => {
    using folder = dataFolder();
    const file = folder.file("values-mine.yaml");
    await Bun.write(
      file,
      "secret: { existingSecret: mine }\ningress: { tls: { enabled: true, clusterIssuer: '', secretName: tls } }\n",
    );
    const { code, lines } = await validate(["--values", join(CHART, "values-prod.yaml"), "--values", file]);
    expect([code, lines]).toEqual([0, [expect.stringContaining("taskflow + values-prod.yaml + values-mine.yaml: ")]]);
  });

  it.each([
    ["a value that the chart refuses", "replicas: many\n", "replicas"],
    ["a values file that is not YAML", "replicas: [\n", "values.yaml"],
  ])("fails for %s", async (_, yaml, message) => {
    using folder = dataFolder();
    await Bun.write(folder.file("values.yaml"), yaml);
    const { code, lines, errors } = await validate(["--values", folder.file("values.yaml")]);
    expect([code, lines.join("\n"), errors]).toEqual([1, expect.stringContaining(message), "1 finding"]);
  });
});

describe.skipIf(noKubectl)("scripts/validate.ts with one overlay", () => {
  it.each([
    [
      "a field that does not exist",
      "base/service.yaml",
      "targetPort",
      "targetPrt",
      "Service/taskflow spec.ports[0].targetPrt: unknown field (FOLDER/overlays/dev)",
    ],
    [
      "an image tag that is not published",
      "overlays/dev/kustomization.yaml",
      "",
      "images: [{ name: taskflow, newTag: dev-latest }]\n",
      `Deployment/taskflow spec.template.spec.containers[0].image: taskflow:dev-latest may not exist`,
    ],
    [
      "a Secret that Kustomize generates",
      "base/config/kustomization.yaml",
      "",
      "secretGenerator: [{ name: more, literals: [a=b] }]\n",
      "Secret/more",
    ],
    [
      "a file that does not exist",
      "base/kustomization.yaml",
      "  - service.yaml\n",
      "  - servise.yaml\n",
      "servise.yaml",
    ],
    ["a duplicate key", "base/service.yaml", "spec:\n", "spec:\n  type: ClusterIP\n", 'key "type" already'],
  ])("reports %s", async (_, file, from, to, expected) => {
    using folder = await copyOfOverlays(file, from, to);
    const { code, lines } = await validate(["--overlay", folder.file("overlays/dev")]);
    const found = lines.join("\n").replaceAll(relative(ROOT, folder.path), "FOLDER").replaceAll(folder.path, "FOLDER");
    expect([code, found]).toEqual([1, expect.stringContaining(expected)]);
  });

  it("adds the components that are named, in their order", async () => {
    const { code, lines } = await validate(["--overlay", "prod", "--component", "postgres", "--component", "debug"]);
    expect([code, lines]).toEqual([0, ["deploy/kustomize/overlays/prod + postgres + debug: 16 objects pass"]]);
  });

  it("reports what the cluster answers to a dry run", async () => {
    using folder = dataFolder();
    using server = Bun.serve({ port: 0, fetch: () => new Response("the quota is exhausted", { status: 403 }) });
    const cluster = { name: "here", cluster: { server: server.url.href } };
    const contexts = [{ name: "here", context: { cluster: "here", user: "" } }];
    await Bun.write(folder.file("config"), JSON.stringify({ kind: "Config", clusters: [cluster], contexts }));
    const words = ["--overlay", "dev", "--context", "here"];
    const { code, lines } = await validate(words, { KUBECONFIG: folder.file("config") });
    expect([code, lines.join("\n")]).toEqual([
      1,
      expect.stringMatching(/^here: .*the quota is exhausted.*overlays\/dev\)$/s),
    ]);
  });
});

describe("scripts/validate.ts without rendering", () => {
  it("prints its options, and the commands of a dry run", async () => {
    const help = await validate(["--help"]);
    expect([help.code, help.lines.join("\n")]).toEqual([
      0,
      expect.stringMatching(/^Usage: .*--context NAME.*--dry-run/s),
    ]);
    const { code, lines } = await validate(["--overlay", "dev", "--context", "here", "--dry-run"]);
    const apply =
      "kubectl --context=here --namespace=taskflow apply --server-side --force-conflicts --dry-run=server --filename=-";
    expect([code, lines]).toEqual([0, ["kubectl kustomize deploy/kustomize/overlays/dev", apply]]);
  });

  it.each([
    [["deploy"], "Unknown argument deploy."],
    [["--strict"], "Unknown option"],
    [["--overlay", "production"], "deploy/kustomize/overlays/production has no kustomization.yaml."],
    [["--overlay", "prod", "--component", "postgre"], "deploy/kustomize/components/postgre has no kustomization.yaml."],
    [["--overlay", "prod", "--values", "values.yaml"], "--values is for the chart"],
  ])("refuses %p", async (words, message) => {
    expect(await validate(words)).toMatchObject({ code: 2, lines: [], errors: expect.stringContaining(message) });
  });
});

describe("findSecretsInGit", () => {
  // Put together here: this file is in git, too.
  const random = ["k9Xw2PqL", "v7TzR4mB", "n1YcE8hJ", "u5GdS3fA"].join("");
  const hexadecimal = ["9f86d081884c7d65", "9a2feaa0c55ad015", "a3bf4f1b2b0b822c", "d15d6c15b0f00a08"].join("");
  const path = "/spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/0/topologyKey";

  it.each([
    [true, "a setting", "deploy/.env", `JWT_SECRET=${"hunter2hunter2"}`],
    [true, "an option in a manifest", "a.yaml", `args: [--password, x, --api-key=${"hunter2"}]`],
    [true, "a random key in prose", "notes.md", `The key is ${random}.`],
    [true, "a random key with symbols", "key.txt", `${random.slice(0, 20)}/+${random.slice(20)}==`],
    [true, "a random key in a program", "a.ts", `const key = "${random}";`],
    [true, "a hexadecimal key", "setup.sh", `export KEY=${hexadecimal}`],
    [true, "an age key", "key.txt", `AGE-${"SECRET"}-KEY-1${"Q".repeat(58)}`],
    [true, "a signed token", "notes.md", `${"eyJ"}hbGciOiJIUzI1NiJ9.${"eyJ"}zdWIiOiIxIn0.x`],
    [true, "a private key", "key.pem", `-----BEGIN ${"PRIVATE"} KEY-----`],
    [true, "a password in a URL", "notes.md", `postgres://taskflow:${"s3cr3t"}@db/taskflow`],
    [true, "a Secret with data", "a.yaml", "kind: Namespace\n---\nkind: Secret\ndata: { a: YQ== }"],
    [false, "the path of a JSON patch", "a.yaml", `- { op: remove, path: ${path} }`],
    [false, "a checksum", "a.yaml", `image: taskflow@sha256:${hexadecimal}`],
    [false, "the name of a Secret", "a.yaml", "secretName: taskflow-secrets\nexistingSecret: mine"],
    [false, "a file with a secret", "a.yaml", "JWT_SECRET_FILE: /run/secrets/jwt\nJWT_SECRET: $VALUE"],
    [false, "an encrypted Secret", "a.yaml", `kind: SealedSecret\nspec: { encryptedData: { key: ${random} } }`],
    [false, "a file that git ignores", "data/.env", `JWT_SECRET=${"hunter2hunter2"}`],
  ])("returns %p for %s", async (expected, _, file, text) => {
    using repository = dataFolder();
    mkdirSync(dirname(repository.file(file)), { recursive: true });
    await Bun.write(repository.file(file), `${text}\n`);
    await Bun.write(repository.file(".gitignore"), "data/\n");
    await $({ cwd: repository.path, quiet: true })`git init`;
    expect(await findSecretsInGit(repository.path)).toEqual(expected ? [expect.stringContaining(`${file}: `)] : []);
  });
});

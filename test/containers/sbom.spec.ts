import { beforeAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Version } from "@cyclonedx/cyclonedx-library/Spec";
import { JsonStrictValidator } from "@cyclonedx/cyclonedx-library/Validation";
import { image, noEngine, podman, run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";

setDefaultTimeout(300_000);

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly hashes?: { content: string }[];
}

let reference: string;
let text: string;
let components: Component[];

const sbom = (...words: string[]) => run([process.execPath, "scripts/sbom.ts", ...words]);

beforeAll(async () => {
  if (noEngine) return;
  reference = await image();
  const { code, stdout, stderr } = await sbom("--image", reference);
  if (code !== 0) throw new Error(stderr);
  text = stdout;
  ({ components } = JSON.parse(text));
});

describe.skipIf(noEngine)("bun scripts/sbom.ts --image", () => {
  it("prints a document that CycloneDX's own schema takes", async () => {
    expect(await new JsonStrictValidator(Version.v1dot6).validate(text)).toBeNull();
  });

  it("lists every file with its checksum", async () => {
    using folder = dataFolder();
    const container = await podman("create", reference);
    await podman("cp", `${container}:/usr/bin/taskflow`, folder.file("taskflow"));
    await podman("rm", container);
    const files = components.filter((each) => each.type === "file");
    expect(files.map((each) => each.name)).toContain("/etc/ssl/certs/ca-certificates.crt");
    const program = files.find((each) => each.name === "/usr/bin/taskflow");
    const checksum = createHash("sha256")
      .update(readFileSync(folder.file("taskflow")))
      .digest("hex");
    expect(program?.hashes?.[0]?.content).toBe(checksum);
  });

  it("lists the program's packages, the Bun inside it and the system's C library, as advisories name them", () => {
    const named = components.map((each) => each.purl ?? "");
    expect(named.filter((purl) => purl.startsWith("pkg:npm/elysia@"))).toHaveLength(1);
    expect(named).toContain(`pkg:npm/bun@${Bun.version}`);
    expect(named.filter((purl) => /^pkg:deb\/debian\/libc6@[\d.]+-\d.*&distro=debian-\d+/.test(purl))).toHaveLength(1);
  });

  it("refuses an image of another commit, whose packages may be others, and leaves no container", async () => {
    const before = await podman("ps", "--all", "--quiet", "--filter=name=taskflow-sbom-");
    const other = "localhost/taskflow:spec-other-commit";
    using folder = dataFolder();
    await Bun.write(folder.file("Containerfile"), `FROM ${reference}\nLABEL org.opencontainers.image.revision=abc\n`);
    await podman("build", "--pull=never", `--tag=${other}`, folder.file(""));
    const { code, stdout, stderr } = await sbom("--image", other);
    await podman("rmi", other);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("was built from abc");
    expect(await podman("ps", "--all", "--quiet", "--filter=name=taskflow-sbom-")).toBe(before);
  });
});

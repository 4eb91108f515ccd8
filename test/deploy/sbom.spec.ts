import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { Version } from "@cyclonedx/cyclonedx-library/Spec";
import { JsonStrictValidator } from "@cyclonedx/cyclonedx-library/Validation";
import { ROOT, run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";

setDefaultTimeout(60_000);

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly "bom-ref": string;
  readonly licenses?: unknown[];
  readonly hashes?: { content: string }[];
}
interface Document {
  readonly components: Component[];
  readonly dependencies: { ref: string; dependsOn?: string[] }[];
}

const sbom = (...words: string[]) => run([process.execPath, "scripts/sbom.ts", ...words]);
const text = sbom().then(({ code, stdout, stderr }) => {
  if (code !== 0) throw new Error(stderr);
  return stdout;
});
const document = text.then((json) => JSON.parse(json) as Document);

/** @returns `name@version` of every package that a production install brings */
async function installed(): Promise<string[]> {
  using folder = dataFolder();
  for (const file of ["package.json", "bun.lock"]) copyFileSync(join(ROOT, file), folder.file(file));
  const command = [process.execPath, "install", "--production", "--frozen-lockfile", "--ignore-scripts"];
  const { code, stderr } = await run(command, { cwd: folder.file("") });
  if (code !== 0) throw new Error(stderr);
  const manifests = new Bun.Glob("**/package.json").scan({ cwd: folder.file(""), dot: true });
  const packages = new Set<string>();
  for await (const file of manifests) {
    if (!/(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(file)) continue;
    const { name, version } = await Bun.file(folder.file(file)).json();
    packages.add(`${name}@${version}`);
  }
  return [...packages].sort();
}

describe("bun scripts/sbom.ts", () => {
  it("prints a document that CycloneDX's own schema takes", async () => {
    const validator = new JsonStrictValidator(Version.v1dot6);
    expect(await validator.validate(await text)).toBeNull();
    const wrong = (await text).replaceAll('"type": "library"', '"type": "libary"');
    expect(await validator.validate(wrong)).not.toBeNull();
  });

  it("lists what a production install brings, and Bun, and nothing else", async () => {
    const listed = (await document).components.map(({ purl = "" }) => decodeURIComponent(purl.replace("pkg:npm/", "")));
    const packages = await installed();
    expect(packages.length).toBeGreaterThan(20);
    expect([...new Set(listed)].sort()).toEqual([...packages, `bun@${Bun.version}`].sort());
  });

  it("says of each its version, its licence and, but for Bun, its checksum", async () => {
    const { components } = await document;
    expect(components.filter((each) => !each.version || !each.licenses?.length)).toEqual([]);
    const unproven = components.filter((each) => !/^[0-9a-f]{128}$/.test(each.hashes?.[0]?.content ?? ""));
    expect(unproven.map((each) => each["bom-ref"])).toEqual(["bun"]);
  });

  it("says what needs what, and everything is needed by something", async () => {
    const { components, dependencies } = await document;
    const needed = new Set(dependencies.flatMap((each) => each.dependsOn ?? []));
    expect(components.filter((each) => !needed.has(each["bom-ref"]))).toEqual([]);
    const elysia = dependencies.find((each) => each.ref === "elysia");
    expect(elysia?.dependsOn).toContain("cookie");
  });

  it("says the same of the same commit", async () => {
    expect((await sbom()).stdout).toBe(await text);
  });

  it("answers wrong words with 2, and has help", async () => {
    for (const words of [["--everything"], ["image"]]) expect((await sbom(...words)).code).toBe(2);
    expect((await sbom("--help")).stdout).toContain("--image");
  });
});

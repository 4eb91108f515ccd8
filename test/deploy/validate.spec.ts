import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";
import { brokenBy, type Fault, GOOD, noKubectl, type Validation, validate } from "../support/manifests.ts";
import { CONFIGURATION } from "./faults/configuration.ts";
import { DATA } from "./faults/data.ts";
import { NETWORK } from "./faults/network.ts";
import { OBJECTS } from "./faults/objects.ts";
import { PROBES } from "./faults/probes.ts";
import { PROTOTYPE } from "./faults/prototype.ts";
import { REFERENCES } from "./faults/references.ts";
import { RIGHT } from "./faults/right.ts";
import { ROLLOUTS } from "./faults/rollouts.ts";
import { RULES } from "./faults/rules.ts";
import { RUNNING } from "./faults/running.ts";
import { SECRETS } from "./faults/secrets.ts";
import { SECURITY } from "./faults/security.ts";
import { SELECTORS } from "./faults/selectors.ts";
import { SHAPES } from "./faults/shapes.ts";

setDefaultTimeout(60_000); // each run renders, and starts TaskFlow to ask it

/** The overlay of the good manifests in which a fault shows. */
const overlayOf = ({ file }: Fault) => (/^components|many/.test(file) ? "overlays/many" : "overlays/one");

/** Holds that a run failed, and that a finding of it names file, object and path. */
function expectTold({ file, told = file, object, path }: Fault, folder: string, { code, lines, errors }: Validation) {
  expect([code, errors]).toEqual([1, expect.stringMatching(/^\d+ findings?\n$/)]);
  const literal = (text: string) => text.replaceAll(/[^\w ]/g, "\\$&");
  // Kustomize adds a hash to the name of a ConfigMap.
  const where = new RegExp(`: ${object ? `${literal(object)}(?:-[0-9a-z]{10})? ` : ""}${literal(path)}: `);
  expect(lines.filter((line) => line.includes(folder) && line.includes(told) && where.test(line))).not.toEqual([]);
}

describe.skipIf(noKubectl)("manifests without a fault", () => {
  it("pass, and it is told what was checked", async () => {
    expect(await validate([GOOD])).toEqual({
      code: 0,
      errors: "",
      lines: [
        "test/deploy/good/overlays/many: 14 objects are right",
        "test/deploy/good/overlays/one: 14 objects are right",
      ],
    });
  });
});

describe.skipIf(noKubectl)("what is right in another way passes:", () => {
  const changed = RIGHT.map((right) => ({ right, ...brokenBy(right) }));
  let validation: Validation;
  beforeAll(async () => {
    if (!noKubectl) validation = await validate(changed.map(({ folder }) => join(folder, "overlays", "one")));
  });
  afterAll(() => {
    for (const each of changed) each[Symbol.dispose]();
  });

  for (const { right, folder } of changed)
    it(right.what, () => {
      const told = validation.lines.filter((line) => line.includes(folder) && !/: \d+ objects are right$/.test(line));
      expect([told, validation.errors, validation.code]).toEqual([[], "", 0]);
    });
});

describe.skipIf(noKubectl)("a manifest as the prototype's fails when it", () => {
  for (const fault of PROTOTYPE)
    it(fault.what, async () => {
      using broken = brokenBy(fault);
      expectTold(fault, broken.folder, await validate([join(broken.folder, overlayOf(fault))]));
    });
});

const KINDS: Record<string, readonly Fault[]> = {
  "is out of shape": SHAPES,
  "the API server would refuse": RULES,
  "names what is not there": REFERENCES,
  "leads to what is not there": OBJECTS,
  "asks the wrong question": PROBES,
  "TaskFlow would refuse": CONFIGURATION,
  "leaves a way open, or shuts one": NETWORK,
  "has a selector that does not fit": SELECTORS,
  "is not restricted": SECURITY,
  "would split or lose the data": DATA,
  "would not roll out well": ROLLOUTS,
  "would never run": RUNNING,
  "has a secret in it": SECRETS,
};

describe.skipIf(noKubectl)("a secret outside of the manifests", () => {
  it("is found in every file that git would take, and in no other", async () => {
    using repository = dataFolder();
    cpSync(GOOD, repository.file("deploy"), { recursive: true });
    expect((await run(["git", "init", "--quiet", repository.path])).code).toBe(0);
    const secret = `JWT_SECRET=${"hunter2hunter2"}\n`;
    const files = { ".env": secret, "notes/.env.old": secret, "data/.env": secret, ".gitignore": "data/\n" };
    const lock = `{ "a": ["a", "sha512-${"k9Xw2PqLv7TzR4mB".repeat(6)}=="] }\n`;
    for (const [file, text] of Object.entries({ ...files, "bun.lock": lock }))
      await Bun.write(repository.file(file), text);
    const { code, lines } = await validate([], {}, repository.path);
    expect([code, lines.map((line) => line.split(": ").slice(0, 2))]).toEqual([
      1,
      [
        [".env", "line 1"],
        ["notes/.env.old", "line 1"],
      ],
    ]);
  });
});

for (const [kind, faults] of Object.entries(KINDS))
  describe.skipIf(noKubectl)(`a manifest that ${kind} fails when it`, () => {
    // All of a kind in one run, a folder each, as a run starts TaskFlow.
    const broken = faults.map((fault) => ({ fault, ...brokenBy(fault) }));
    const folderOf = ({ fault, folder }: (typeof broken)[number]) => join(folder, overlayOf(fault));
    let validation: Validation;
    beforeAll(async () => {
      if (!noKubectl) validation = await validate(broken.map(folderOf));
    });
    afterAll(() => {
      for (const each of broken) each[Symbol.dispose]();
    });

    for (const { fault, folder } of broken) it(fault.what, () => expectTold(fault, folder, validation));
  });

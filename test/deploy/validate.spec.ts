import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { join } from "node:path";
import { brokenBy, type Fault, GOOD, noKubectl, validate } from "../support/manifests.ts";
import { PROTOTYPE, SECURITY, SHAPES } from "./faults.ts";
import { DATA, ROLLOUTS, SECRETS } from "./faults-at-run-time.ts";
import { REFERENCES, SELECTORS } from "./faults-of-references.ts";

setDefaultTimeout(60_000); // dozens of them, each a process that renders and starts TaskFlow

const KINDS: Record<string, readonly Fault[]> = {
  "of the prototype's kind": PROTOTYPE,
  "out of shape": SHAPES,
  "that names what is not there": REFERENCES,
  "with a selector that does not fit": SELECTORS,
  "that is not restricted": SECURITY,
  "that would split or lose the data": DATA,
  "that would not roll out well": ROLLOUTS,
  "with a secret in it": SECRETS,
};

for (const [kind, faults] of Object.entries(KINDS))
  describe.skipIf(noKubectl)(`a manifest ${kind} fails when it`, () => {
    for (const fault of faults)
      it(fault.what, async () => {
        using broken = brokenBy(fault);
        const overlay = fault.file.startsWith("components/") ? "overlays/many" : "overlays/one";
        const { code, lines, errors } = await validate([join(broken.folder, overlay)]);
        const { object, path, file, told = file } = fault;
        const where = `${object ? `${object} ` : ""}${path}: `;
        expect(lines.filter((line) => line.includes(told) && line.includes(`: ${where}`))).not.toEqual([]);
        expect(errors).toMatch(/^\d+ findings?\n$/);
        expect(code).toBe(1);
      });
  });

describe.skipIf(noKubectl)("manifests without a fault", () => {
  it("pass, and it is told what was checked", async () => {
    expect(await validate([GOOD])).toEqual({
      code: 0,
      errors: "",
      lines: [
        "test/deploy/good/overlays/many: 12 objects are right",
        "test/deploy/good/overlays/one: 12 objects are right",
      ],
    });
  });
});

#!/usr/bin/env bun
import { join } from "node:path";
import { ComponentType } from "@cyclonedx/cyclonedx-library/Enums";
import { Bom, Component, SpdxLicense } from "@cyclonedx/cyclonedx-library/Models";
import { JsonSerializer, JSON as JsonSpec } from "@cyclonedx/cyclonedx-library/Serialize";
import { Spec1dot6 } from "@cyclonedx/cyclonedx-library/Spec";
import { describeCommit, ROOT } from "./lib/image.ts";
import { Problem, runScript } from "./lib/script.ts";
import { readImage } from "./sbom/image.ts";
import { describeManifest, runtimePackages } from "./sbom/packages.ts";

const HELP = `bun scripts/sbom.ts: prints what TaskFlow is made of, as a CycloneDX 1.6 document

  --image NAME   an image built from this commit: its files and its C library too
  --dry-run      prints the commands
  --help

Lists the packages that the program runs with, as bun.lock has them, with version, licence and checksum, and Bun.
The same commit gives the same document, word for word.`;

await runScript({
  help: HELP,
  options: { image: { type: "string" } },
  async main({ image }, words, steps) {
    if (words.length > 0) throw new Problem(`there is nothing called “${words[0]}” to list; see --help`, 2);
    const commit = await describeCommit(steps);
    const contents = image === undefined ? undefined : await readImage(image, commit, steps);
    if (image !== undefined && !contents) return;

    const program = describeManifest(join(ROOT, "package.json"), ComponentType.Application);
    program.bomRef.value = "taskflow";
    const bun = new Component(ComponentType.Library, "bun", { bomRef: "bun" });
    bun.version = contents?.bunVersion ?? Bun.version;
    // By the name under which advisories know it.
    bun.purl = `pkg:npm/bun@${bun.version}`;
    bun.licenses.add(new SpdxLicense("MIT"));
    program.dependencies.add(bun.bomRef);

    const bom = new Bom();
    bom.metadata.timestamp = new Date(commit.seconds * 1000);
    bom.metadata.component = program;
    for (const component of [...runtimePackages(ROOT, program), bun]) bom.components.add(component);
    if (image !== undefined && contents) {
      const container = new Component(ComponentType.Container, image, { bomRef: "image", version: commit.version });
      bom.metadata.component = container;
      for (const component of [program, ...contents.components]) {
        bom.components.add(component);
        container.dependencies.add(component.bomRef);
      }
    }
    const serializer = new JsonSerializer(new JsonSpec.Normalize.Factory(Spec1dot6));
    console.log(serializer.serialize(bom, { sortLists: true, space: 2 }));
  },
});

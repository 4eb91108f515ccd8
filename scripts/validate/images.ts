import { version } from "../../package.json";
import { IMAGE } from "../lib/deployment.ts";
import type { Findings, Rendering } from "./objects.ts";
import { containersOf, imageParts, podTemplates, runsTaskFlow, titleOf } from "./pods.ts";
import { type Kustomization, shown } from "./sources.ts";

/** `registry:5000/name/of-it:tag@sha256:…`, in small letters but for the tag. */
const REFERENCE =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/;
/** Tags that are moved from one image to the next. */
const MOVING = ["latest", "stable", "edge", "main", "master", "nightly", "dev", "develop", "head", "canary", "lts"];

/**
 * An image is either `taskflow` alone, which a deployment replaces by what it has just pushed, or names a tag that
 * stays: another tag of TaskFlow than this version's is one that nobody has pushed.
 */
export function* checkImages(rendering: Rendering): Findings {
  for (const template of podTemplates(rendering))
    for (const { container, path: at } of containersOf(template)) {
      const { image } = container;
      const place = { object: template.object, path: `${at}.image` };
      if (!image) yield { ...place, message: "names no image" };
      else if (!REFERENCE.test(image)) {
        const message = `${image} is no name of an image: registry/name:tag in small letters, @sha256: with 64 digits`;
        yield { ...place, message };
      } else if (image !== IMAGE) {
        const { tag, digest } = imageParts(image);
        if (!tag && !digest) yield { ...place, message: `${image} has no tag, so it is whatever is newest: pin it` };
        else if (!digest && MOVING.includes(tag ?? ""))
          yield { ...place, message: `${image} changes behind one's back: pin it` };
        else if (runsTaskFlow(container) && !digest && tag !== version)
          yield {
            ...place,
            message: `nobody makes ${image}: leave “${IMAGE}” for the deploy script to replace, or name ${version}`,
          };
      }
    }
}

/** An app and a backup of two versions may not understand the same database. */
export function* checkOneImage(rendering: Rendering): Findings {
  const placed = podTemplates(rendering).flatMap((template) =>
    containersOf(template).map(({ container, path }) => ({ ...template, container, path: `${path}.image` })),
  );
  const own = placed.filter(({ container }) => runsTaskFlow(container));
  const first = own.find(({ lasting }) => lasting) ?? own[0];
  for (const { object, path, container, namespace } of own)
    if (!first || [container.image, first.container.image].includes(IMAGE))
      continue; // what a deployment replaces
    else if (container.image !== first.container.image && namespace === first.namespace) {
      const message = `${container.image} is not the ${first.container.image} of ${titleOf(first)}: run one version`;
      yield { object, path, message };
    }
}

/** An entry of `images:` changes an image that is there. */
export function* checkImageEntries(rendering: Rendering, kustomizations: readonly Kustomization[]): Findings {
  const images = podTemplates(rendering)
    .flatMap(containersOf)
    .map(({ container }) => imageParts(container.image ?? ""));
  for (const { content, file } of kustomizations) {
    const entries = Array.isArray(content.images) ? (content.images as Record<string, string | undefined>[]) : [];
    for (const [index, { name, newName = name, newTag, digest }] of entries.entries()) {
      const found = images.some(
        (image) =>
          image.repository === newName &&
          (newTag === undefined || image.tag === String(newTag)) &&
          (digest === undefined || image.digest === digest),
      );
      if (!found)
        yield { file: shown(file), path: `images[${index}].name`, message: `no container has an image ${name}` };
    }
  }
}

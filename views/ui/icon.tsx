import { assetUrl } from "../../src/http/assets.ts";
import type { IconName } from "../../src/http/icons.ts";

/** Decoration beside a word, or inside a control that has a name of its own. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" aria-hidden="true" width="16" height="16">
    <use href={`${assetUrl("icons.svg")}#${name}`} />
  </svg>
);

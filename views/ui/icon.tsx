import { assetUrl } from "../../src/http/assets.ts";
import type { IconName } from "../../src/http/icons.ts";

/** The markup of each icon: a list has hundreds. */
const icons = new Map<IconName, JSX.Element>();

/** Decoration beside a word, or inside a control that has a name of its own. */
export function Icon({ name }: { name: IconName }): JSX.Element {
  const icon = icons.get(name) ?? (
    <svg class="icon" aria-hidden="true" width="16" height="16">
      <use href={`${assetUrl("icons.svg")}#${name}`} />
    </svg>
  );
  icons.set(name, icon);
  return icon;
}

import type { Label } from "../../src/features/tasks/model.ts";
import { labelUrl } from "../../src/features/tasks/view.ts";
import type { Frame } from "../../src/http/pages.ts";
import { attribute } from "../ui/attribute.ts";
import { FormKey } from "../ui/form-key.tsx";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { plural } from "../ui/plural.ts";

/** All labels, from A to Z, each with its page and forms that rename or remove it everywhere. */
export const LabelsPage = ({ frame, labels }: { frame: Frame; labels: readonly Label[] }) => (
  <Layout title="Labels" frame={frame} current="/labels">
    <div class="column">
      <h1>Labels</h1>
      <div id="live">
        {labels.length === 0 ? (
          <p class="lead-note">
            A label is a word on a task, such as “errand”. Open a task to give it some, or press l in the list.
          </p>
        ) : null}
        <ul class="project-list">
          {labels.map((label) => (
            <LabelRow label={label} formKey={frame.formKey} />
          ))}
        </ul>
      </div>
    </div>
  </Layout>
);

function LabelRow({ label: { name, open }, formKey }: { label: Label; formKey: string | undefined }) {
  const url = labelUrl(name);
  return (
    <li class="project-row">
      <a class="project-link" href={url}>
        <Icon name="tag" />
        <span class="project-name" dir="auto" safe>
          {name}
        </span>
        <span class="label-count" safe>
          {plural(open, "open task")}
        </span>
      </a>
      <details class="menu">
        <summary class="icon-button" aria-label={attribute(`Change: ${name}`)} title="Change">
          <Icon name="more" />
        </summary>
        <div class="menu-sheet label-sheet">
          <form method="post" action={url}>
            <FormKey value={formKey} />
            <label>
              New name
              <input class="form-control" name="name" value={attribute(name)} required autocomplete="off" dir="auto" />
            </label>
            <button class="btn btn-quiet" type="submit">
              Rename
            </button>
          </form>
          <form method="post" action={url}>
            <FormKey value={formKey} />
            <button
              class="btn btn-quiet btn-danger-quiet"
              type="submit"
              name="remove"
              value="all"
              aria-label={attribute(`Remove: ${name}`)}
            >
              <Icon name="trash" /> Remove from all tasks
            </button>
          </form>
        </div>
      </details>
    </li>
  );
}

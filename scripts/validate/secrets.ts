import { type Findings, ofKind, type Rendering } from "./objects.ts";
import { containersOf, environmentOf, type PlacedContainer, placeOfVariable, podTemplates } from "./pods.ts";
import { isKey } from "./secret-files.ts";
import { type Kustomization, shown } from "./sources.ts";

const NAMES =
  /(?:PASSWORD|PASSWD|PASS|PASSPHRASE|SECRET|SECRET_PREVIOUS|TOKEN|(?:API|PRIVATE|ACCESS|SIGNING)_?KEY|CREDENTIALS?)$/i;
const OPTIONS = /^--?[\w-]*(?:password|passwd|passphrase|secret|token|api-?key)(?:=(.+))?$/i;
const ADDRESS = /:\/\/(?:[^\s:/@]+:[^\s/@]+@|\S*[?&](?:ssl)?password=[^\s&$])/;

/** No Secret with data comes out of the manifests, and no container is given one in plain words. */
export function* checkSecrets(rendering: Rendering): Findings {
  for (const object of ofKind(rendering, "Secret"))
    for (const field of ["data", "stringData"] as const)
      if (Object.keys(object[field] ?? {}).length > 0)
        yield { object, path: field, message: "a Secret's data belongs to the deploy script, not into git" };
  for (const template of podTemplates(rendering))
    for (const placed of containersOf(template)) {
      for (const [name, value] of environmentOf(rendering, template, placed.container)) {
        if (!value || value.startsWith("$(")) continue;
        if (!NAMES.test(name) && !ADDRESS.test(value) && !isKey(value)) continue;
        const message = `${name} is given in plain words: take it from a Secret, by valueFrom or a file`;
        yield { ...placeOfVariable(rendering, template, placed, name), message };
      }
      for (const [path, message] of wordFaults(placed)) yield { object: template.object, path, message };
    }
}

/** Whoever may see the pods reads their words. */
function* wordFaults({ container, path }: PlacedContainer): Generator<[string, string]> {
  for (const field of ["command", "args"] as const) {
    const words = container[field] ?? [];
    for (const [index, word] of words.entries()) {
      const option = OPTIONS.exec(word);
      const value = option?.[1] ?? (option ? words[index + 1] : ADDRESS.test(word) ? word : undefined);
      if (value && !/^(?:-|\$\()/.test(value))
        yield [
          `${path}.${field}[${index}]`,
          "has a secret in plain words: take it from a Secret, by a variable or a file",
        ];
    }
  }
}

/** A generator with literals writes the secret into the kustomization. */
export function* checkGenerators(kustomizations: readonly Kustomization[]): Findings {
  for (const { content, file } of kustomizations) {
    const generators = Array.isArray(content.secretGenerator) ? (content.secretGenerator as object[]) : [];
    for (const [index, generator] of generators.entries())
      if ("literals" in generator) {
        const message = "writes secrets into git: the deploy script makes them";
        yield { file: shown(file), path: `secretGenerator[${index}].literals`, message };
      }
  }
}

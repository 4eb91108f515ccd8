import { join } from "node:path";
import { $ } from "zx";
import { ROOT } from "../lib/image.ts";
import { type Findings, fieldsOf, ofKind, type Rendering } from "./objects.ts";

/** Private keys, age keys, signed tokens, access tokens, and passwords in URLs. */
const PATTERNS = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /AGE-SECRET-KEY-1[0-9A-Z]{20,}/,
  /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}/,
  /\b(?:gh[pousr]_\w{30,}|glpat-[\w-]{20,}|AKIA[0-9A-Z]{16}|xox[bap]-[\w-]{10,}|npm_\w{30,})/,
  /\b[a-z][a-z0-9+]*:\/\/[^\s:/@"'`{}]+:(?!password@|…@)[^\s/@"'`${}<>]{4,}@/,
];
/** `JWT_SECRET: value` or `--jwt-secret=value`, but no variable, path, boolean or name of a Secret. */
const ASSIGNMENT = new RegExp(
  "(?<![\\w.])(?!existing)[\\w.-]*(?:password|passwd|passphrase|secret|token|api[-_]?key|private[-_]?key)[\"']?\\s*[:=]\\s*[\"']?" +
    "(?![$<{[/|>&*!(]|true|false|read|write|none|taskflow-)[^\\s\"'#,})]{4,}",
  "i",
);
/** In these files an assignment sets a value; in prose and programs it may mean something else. */
const SETTINGS = /\.(?:ya?ml|json5?|toml|env|properties|conf|ini|tpl)$|(?:^|\/)\.env[^/]*$/;
/** Programs and specs contain examples of passwords and tokens. */
const PROGRAM = /\.tsx?$|^test\//;
/** Files with random text that is no secret, such as the hashes in the fixtures. */
const GENERATED = /(?:^|\/)bun\.lock$|\.(?:svg|map)$|^test\/support\/fixtures\//;
const CHECKSUM = /sha\d|digest|checksum|integrity|hash|commit/i;
const ENCRYPTED = /^kind: SealedSecret$|^sops:/m;

const IN_CLUSTER = "a Secret must not be in git; create it in the cluster";

/** No rendered object contains a secret. */
export function* checkSecrets(rendering: Rendering): Findings {
  for (const object of ofKind(rendering, "Secret"))
    for (const path of ["data", "stringData"] as const) if (object[path]) yield [object, path, IN_CLUSTER];
  for (const object of rendering.objects)
    for (const { path, key, value } of fieldsOf(object.data ?? object.spec, object.data ? "data" : "spec")) {
      const line = object.kind === "ConfigMap" ? `${key}: ${value}` : value?.value && `${value.name}: ${value.value}`;
      if (line && isSecret(line)) yield [object, path, "looks like a secret; read it from a mounted Secret"];
    }
}

/** No file that git tracks, or would add, contains a secret. */
export async function findSecretsInGit(folder = ROOT): Promise<string[]> {
  const { stdout } = await $({ cwd: folder, quiet: true })`git ls-files -z --cached --others --exclude-standard`;
  const files = stdout.split("\0").filter((file) => file && !GENERATED.test(file));
  const findings = files.map(async (file) => {
    const text = await Bun.file(join(folder, file))
      .text()
      .catch(() => ""); // deleted, but not in the index yet
    return text.includes("\0") || ENCRYPTED.test(text) ? [] : [...secretsIn(file, text)];
  });
  return (await Promise.all(findings)).flat();
}

function* secretsIn(file: string, text: string): Generator<string> {
  for (const document of text.split(/^---$/m))
    if (/^kind: Secret$/m.test(document) && /^(?:stringD|d)ata:/m.test(document)) yield `${file}: ${IN_CLUSTER}`;
  for (const [index, line] of text.split("\n").entries())
    if (PROGRAM.test(file) ? hasRandomKey(line) : isSecret(line, SETTINGS.test(file)))
      yield `${file}: line ${index + 1} looks like a secret; revoke and remove it`;
}

const isSecret = (line: string, setsValue = true) =>
  PATTERNS.some((pattern) => pattern.test(line)) || hasRandomKey(line) || (setsValue && ASSIGNMENT.test(line));

/** In random text, most characters are of another class (lower case, upper case, digit) than the one before. */
function hasRandomKey(line: string): boolean {
  if (CHECKSUM.test(line)) return false;
  return (line.match(/[\w+/-]{32,}/g) ?? []).some((word) => {
    if (/^(?:[0-9a-f]{48}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/.test(word)) return true;
    const characters = word.replaceAll(/[^A-Za-z0-9]/g, "");
    const classes = characters.replaceAll(/[a-z]/g, "a").replaceAll(/[A-Z]/g, "A").replaceAll(/\d/g, "0");
    const changes = classes.match(/(?=aA|a0|Aa|A0|0a|0A)/g)?.length ?? 0;
    return characters.length >= 32 && classes.includes("A") && changes > 0.4 * characters.length;
  });
}

import { describe, expect, it } from "bun:test";
import { dirname, join, normalize } from "node:path";
import { ROOT } from "./support/program.ts";

interface Import {
  /** The importing file, from the root: `src/app.ts`. */
  readonly from: string;
  /** A file from the root, or a package. */
  readonly to: string;
  /** Whether only types are imported, which disappear at run time. */
  readonly typesOnly: boolean;
}

const sources = new Map<string, string>();
for (const file of new Bun.Glob("{src,views,scripts,test}/**/*.{ts,tsx}").scanSync(ROOT))
  sources.set(file, await Bun.file(join(ROOT, file)).text());

const imports = [...sources].flatMap(([from, text]) => importsOf(from, text));

function importsOf(from: string, text: string): Import[] {
  const statements = /^\s*(?:import|export)\s+(?:([^;"']*?)\s+from\s+)?["']([^"']+)["']/gm;
  const calls = /\b(?:import|require)\(\s*["'`]([^"'`]+)["'`]/g;
  return [
    ...[...text.matchAll(statements)].map(([, names = "", to = ""]) => ({ names, to })),
    ...[...text.matchAll(calls)].map(([, to = ""]) => ({ names: "", to })),
  ].map(({ names, to }) => ({
    from,
    to: to.startsWith(".") ? normalize(join(dirname(from), to)) : to,
    typesOnly:
      /^type\s/.test(names) || (/^\{[^}]+\}$/.test(names) && list(names).every((name) => /^type\s/.test(name))),
  }));
}

function list(names: string): string[] {
  const each = names.slice(1, -1).split(",");
  return each.map((name) => name.trim()).filter(Boolean);
}

/** Returns the imports between two kinds of files, one per line. */
function arrows(from: RegExp, to: RegExp, also: (each: Import) => boolean = () => true): string[] {
  return imports
    .filter((each) => from.test(each.from) && to.test(each.to) && also(each))
    .map((each) => `${each.from} → ${each.to}`);
}
const values = (each: Import) => !each.typesOnly;

const DATA = /^(src\/db\/|drizzle-orm|bun:sqlite)/;
const HTTP = /^(elysia|@elysiajs\/|src\/http\/)/;
const FEATURES = /^src\/features\//;
const ROUTES = /^src\/features\/\w+\/([\w-]+-)?(api|pages)\.tsx?$/;
const SERVICES = /^src\/features\/\w+\/service\.ts$/;
const VIEWS = /^views\//;

describe("the scan", () => {
  it("finds imports between layers", () => {
    expect(arrows(ROUTES, SERVICES)).not.toEqual([]);
    expect(arrows(SERVICES, DATA)).not.toEqual([]);
    expect(arrows(ROUTES, VIEWS)).not.toEqual([]);
    expect(arrows(/^test\//, /^src\//)).not.toEqual([]);
  });

  it("distinguishes types from values in every form of import", () => {
    const text = `import type { A } from "a";\nimport {\n  type B,\n  C,\n} from "b";\nimport { type D } from "d";
      import "e";\nexport * from "f";\nexport type { G } from "g";\nconst h = await import("h");\nimport I, { type J } from "i";`;
    const found = importsOf("src/x.ts", text).map(({ to, typesOnly }) => `${to}${typesOnly ? " types" : ""}`);
    expect(found).toEqual(["a types", "b", "d types", "e", "f", "g types", "i", "h"]);
  });
});

describe("imports go one way", () => {
  it("routes use services, never data", () => expect(arrows(ROUTES, DATA)).toEqual([]));

  it("services do not know HTTP or views", () => {
    expect(arrows(SERVICES, HTTP, values)).toEqual([]);
    expect(arrows(SERVICES, VIEWS)).toEqual([]);
  });

  it("views do not query and do not know rules", () => {
    expect(arrows(VIEWS, DATA)).toEqual([]);
    expect(arrows(VIEWS, /^(elysia|@elysiajs\/)/)).toEqual([]);
    const allowed =
      /^src\/((cache|chunks)\.ts|text\/[\w-]+\.ts|features\/\w+\/(model|view)\.ts|http\/(assets|icons|theme)\.ts)$/;
    expect(arrows(VIEWS, /^src\//, (each) => values(each) && !allowed.test(each.to))).toEqual([]);
  });

  it("http, db, jobs and validation do not know features", () => {
    expect(arrows(/^src\/(http|db|jobs|validation)\//, FEATURES)).toEqual([]);
  });

  it("data knows only errors, text and who observes it, which know nothing else", () => {
    expect(arrows(/^src\/db\//, /^(src\/(?!db\/|text\/|errors\.ts|observe\.ts)|views\/|elysia)/)).toEqual([]);
    expect(arrows(/^src\/observe\.ts$/, /./)).toEqual([]);
    expect(arrows(/^src\/text\//, /^(?!src\/text\/)/)).toEqual([]);
    expect(arrows(/^src\/errors\.ts$/, /./)).toEqual([]);
  });

  it("only app.ts knows the routes", () => {
    expect(arrows(/^(src|views|scripts)\/(?!app\.ts)/, ROUTES)).toEqual([]);
  });

  it("features do not form a circle", () => {
    const feature = (file: string) => /^src\/features\/(\w+)\//.exec(file)?.[1];
    const edges = imports.flatMap(({ from, to }) => {
      const [one, other] = [feature(from), feature(to)];
      return one && other && one !== other ? [`${one} → ${other}`] : [];
    });
    const reversed = new Set(edges.map((edge) => edge.split(" → ").reverse().join(" → ")));
    expect(edges.filter((edge) => reversed.has(edge))).toEqual([]);
  });

  it("scripts import only types from the program, and the probes that they check", () => {
    expect(arrows(/^scripts\//, /^(src|views)\/(?!ops\/health\.ts|errors\.ts)/, values)).toEqual([]);
  });

  it("the program does not import its specs", () => expect(arrows(/^(src|views|scripts)\//, /^test\//)).toEqual([]));
});

describe("one place", () => {
  it("opens the database", () => {
    expect(arrows(/^(src\/(?!db\/)|views\/)/, /^(bun:sqlite|drizzle-orm\/)/, values)).toEqual([]);
  });

  it("reads the environment, at the start", () => {
    const readers = [...sources]
      .filter(([file, text]) => /^(src|views)\//.test(file) && /\b(process|Bun|import\.meta)\.env\b/.test(text))
      .map(([file]) => file);
    expect(readers).toEqual(["src/index.ts"]);
  });
});

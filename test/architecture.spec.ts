import { describe, expect, it } from "bun:test";
import { dirname, join, normalize } from "node:path";

const ROOT = join(import.meta.dir, "..");

interface Import {
  /** The file that imports, from the root: `src/tasks/api.ts`. */
  readonly from: string;
  /** What it imports: a file from the root, or a package. */
  readonly to: string;
  /** Whether only types come in, which leave no trace at run time. */
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

/** @returns the imports between two kinds of files, as lines that tell where to look */
function arrows(from: RegExp, to: RegExp, also: (each: Import) => boolean = () => true): string[] {
  return imports
    .filter((each) => from.test(each.from) && to.test(each.to) && also(each))
    .map((each) => `${each.from} → ${each.to}`);
}
const values = (each: Import) => !each.typesOnly;

const DATA = /^(src\/db\/|drizzle-orm|bun:sqlite)/;
const ROUTES = /^src\/features\/\w+\/([\w-]+-)?(api|pages)\.tsx?$/;
/** A feature without its routes: the service and what it keeps beside it. */
const RULES = /^src\/features\/\w+\/(?!([\w-]+-)?(api|pages)\.)[\w-]+\.tsx?$/;
const SERVICES = /^src\/features\/\w+\/service\.ts$/;

describe("the scan", () => {
  it("finds the rooms and their arrows", () => {
    expect(arrows(ROUTES, SERVICES)).not.toEqual([]);
    expect(arrows(SERVICES, DATA)).not.toEqual([]);
    expect(arrows(ROUTES, /^views\//)).not.toEqual([]);
    expect(arrows(/^test\//, /^src\//)).not.toEqual([]);
  });

  it("tells types from values, over several lines and in every form", () => {
    const text = `import type { A } from "a";\nimport {\n  type B,\n  C,\n} from "b";\nimport { type D } from "d";
      import "e";\nexport * from "f";\nexport type { G } from "g";\nconst h = await import("h");\nimport I, { type J } from "i";`;
    const found = importsOf("src/x.ts", text).map(({ to, typesOnly }) => `${to}${typesOnly ? " types" : ""}`);
    expect(found).toEqual(["a types", "b", "d types", "e", "f", "g types", "i", "h"]);
  });
});

describe("arrows go one way", () => {
  it("routes ask a service and never the data", () => expect(arrows(ROUTES, DATA)).toEqual([]));

  it("services and what lies beside them know no HTTP and no views", () => {
    expect(arrows(SERVICES, /^(elysia|@elysiajs\/.*)$/)).toEqual([]);
    expect(arrows(SERVICES, /^(src\/http\/|views\/)/)).toEqual([]);
    expect(arrows(RULES, ROUTES)).toEqual([]);
  });

  it("views query nothing and know no rules", () => {
    expect(arrows(/^views\//, DATA)).toEqual([]);
    expect(arrows(/^views\//, SERVICES, values)).toEqual([]);
    expect(arrows(/^views\//, /^(elysia|@elysiajs\/)/)).toEqual([]);
  });

  it("views take values from models and from what pages are made of, and only types from the rest", () => {
    const fit = /^src\/(features\/\w+\/([\w-]+-)?(model|view)\.ts|http\/(assets|icons|pages)\.ts)$/;
    expect(arrows(/^views\//, /^src\//, (each) => values(each) && !fit.test(each.to))).toEqual([]);
  });

  it("data knows nobody but errors", () => {
    expect(arrows(/^src\/db\//, /^(src\/(?!db\/|errors\.ts)|views\/|elysia)/)).toEqual([]);
  });

  it("errors know nobody at all", () => expect(arrows(/^src\/errors\.ts$/, /./)).toEqual([]));

  it("only the composition knows the routes", () => {
    expect(arrows(/^(src|views|scripts)\/(?!app\.ts)/, ROUTES)).toEqual([]);
  });

  it("scripts take types from the program and nothing else", () => {
    expect(arrows(/^scripts\//, /^(src|views)\//, values)).toEqual([]);
  });

  it("the program never needs its specs", () => expect(arrows(/^(src|views|scripts)\//, /^test\//)).toEqual([]));
});

describe("one door", () => {
  it("leads to the database: no one else opens it", () => {
    expect(arrows(/^(src\/(?!db\/)|views\/)/, /^(bun:sqlite|drizzle-orm\/)/)).toEqual([]);
  });

  it("leads to the environment: it is read once, at the start", () => {
    const readers = [...sources]
      .filter(([file, text]) => /^(src|views)\//.test(file) && /\b(process|Bun|import\.meta)\.env\b/.test(text))
      .map(([file]) => file);
    expect(readers).toEqual(["src/index.ts"]);
  });
});

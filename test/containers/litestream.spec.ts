import { describe, expect, it, setDefaultTimeout } from "bun:test";
import { cpSync, writeFileSync } from "node:fs";
import { signUp } from "../support/client.ts";
import { noEngine, podman, run } from "../support/containers.ts";
import { dataFolder } from "../support/data-folder.ts";
import { stack } from "../support/stack.ts";
import { expectKept, startStorm } from "../support/storm.ts";

setDefaultTimeout(300_000);

/** The replicator's own program, of the version that compose.yaml names, comes out of a package that holds nothing else. */
const PACKAGE = "@flydotio/litestream@1.0.1";
const noNpm = Bun.which("npm") === null && !process.env.CI;
if (noNpm && !noEngine) console.log("skipped: no npm was found, which brings Litestream (install Node.js)");

/** An image with nothing but Litestream, like the published one. @returns its name */
async function litestreamImage(): Promise<string> {
  const name = "localhost/litestream:spec-0.3.13";
  if ((await run(["podman", "image", "exists", name])).code === 0) return name;
  using folder = dataFolder();
  const install = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", PACKAGE];
  const { code, stderr } = await run(install, { cwd: folder.path });
  if (code !== 0) throw new Error(`npm ended with ${code}: ${stderr}`);
  const platform = `litestream-linux-${process.arch}`;
  cpSync(folder.file(`node_modules/@flydotio/${platform}/litestream`), folder.file("litestream"));
  writeFileSync(
    folder.file("Containerfile"),
    'FROM scratch\nCOPY litestream /usr/local/bin/litestream\nENTRYPOINT ["/usr/local/bin/litestream"]\n',
  );
  await podman("build", "--quiet", `--tag=${name}`, "--ignorefile=/dev/null", folder.path);
  return name;
}

describe.skipIf(noEngine || noNpm)("bun scripts/up.ts prod --litestream", () => {
  it("keeps a replica, from then on, from which everything comes back when the volume is lost", async () => {
    await using site = stack("prod", { LITESTREAM_IMAGE: await litestreamImage() });
    await site.up("--litestream");
    const person = await signUp(site.url);
    const storm = startStorm([site.url], person, { clients: 8 });
    await storm.more(300);
    await storm.end();
    expect((await site.script("down")).code).toBe(0);

    await podman("volume", "rm", `${site.project}_data`);
    await site.up("--restore", "replica");
    await expectKept(site.url, person, [storm]);
    const containers = await site.containers();
    expect(containers).toContain(`${site.project}-litestream`);
    const again = await site.script("up", "--restore", "replica");
    expect(again.code).not.toBe(0);
    expect(again.stderr).toMatch(/\/data\/taskflow\.db/);
    await site.up();
    expect(await site.containers()).toBe(containers);
  });
});

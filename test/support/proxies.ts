import { rmSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { temporaryFolder } from "./program.ts";

/** nginx and a Go proxy, as people put them in front of TaskFlow. */
export const PROXIES = { nginx: startNginx, caddy: startCaddy };

const missing = Object.keys(PROXIES).filter((name) => !Bun.which(name));
/** Outside of CI these specs are skipped on a machine that has no proxy. */
export const noProxies = missing.length > 0 && !process.env.CI;
if (noProxies) console.log(`skipped: ${missing.join(" and ")} not found (Debian: apt-get install nginx-light caddy)`);

export interface Proxy extends AsyncDisposable {
  readonly url: string;
}

/** With these nginx passes requests as the browser sent them. */
const NGINX_SETTINGS = `
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;`;

interface NginxOptions {
  readonly port?: number;
  /** Where TaskFlow is; nginx responds 404 to every other path. */
  readonly path?: string;
  /** Removes the path from requests. */
  readonly strip?: boolean;
  /** The settings beside `proxy_pass`; "" for nginx's defaults, which replace Host. */
  readonly settings?: string;
}

/** Starts nginx with the settings that a page of live updates needs, and no others. */
function startNginx(
  backends: readonly string[],
  { port: given, path = "", strip = false, settings = NGINX_SETTINGS }: NginxOptions = {},
): Promise<Proxy> {
  return start(path, given, (folder, port) => ({
    file: "nginx.conf",
    text: `
      daemon off;
      ${process.getuid?.() === 0 ? "user root; # the default user can't write to the folder" : ""}
      pid ${folder}/pid;
      error_log stderr warn;
      events { worker_connections 4096; }
      http {
        access_log off;
        keepalive_requests 100000;
        ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join("\n")}
        upstream taskflow { ${backends.map((each) => `server ${new URL(each).host};`).join(" ")} }
        server {
          listen 127.0.0.1:${port};
          client_max_body_size 2m;
          location ${strip ? `${path}/` : path || "/"} {
            proxy_pass http://taskflow${strip ? "/" : ""};${settings}
          }
        }
      }`,
    command: ["nginx", "-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"],
  }));
}

/** Starts Caddy, whose defaults are those of Go's own reverse proxy. */
function startCaddy(backends: readonly string[]): Promise<Proxy> {
  return start("", undefined, (folder, port) => ({
    file: "Caddyfile",
    text: `{
        admin off
        auto_https off
      }
      http://127.0.0.1:${port} {
        reverse_proxy ${backends.map((each) => new URL(each).host).join(" ")} {
          lb_policy round_robin
        }
      }`,
    command: ["caddy", "run", "--adapter", "caddyfile", "--config", join(folder, "Caddyfile")],
  }));
}

async function start(
  path: string,
  port = freePort(),
  describe: (folder: string, port: number) => { file: string; text: string; command: string[] },
) {
  const folder = temporaryFolder();
  const { file, text, command } = describe(folder, port);
  await Bun.write(join(folder, file), text);
  const child = Bun.spawn(command, {
    env: { ...process.env, HOME: folder },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const errors = new Response(child.stderr).text();
  const url = `http://127.0.0.1:${port}${path}`;
  while (!(await fetch(`${url}/readyz`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(`${command[0]} ended with ${child.exitCode}: ${await errors}`);
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

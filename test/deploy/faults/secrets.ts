import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const CONTAINER = "spec.template.spec.containers[0]";
const ENVIRONMENT = "          env:\n";

const variable = (what: string, name: string, value: string): Fault => {
  const to = `${ENVIRONMENT}            - { name: ${name}, value: "${value}" }\n`;
  return { ...DEPLOYMENT, what, from: ENVIRONMENT, to, path: `${CONTAINER}.env[0]` };
};

/** Put together here, as the real ones may stand in no file. */
const RANDOM = ["k9Xw2PqL", "v7TzR4mB", "n1YcE8hJ", "u5GdS3fA"].join("");

/** As `openssl rand -hex 32` writes one. */
const HEX = ["9f86d081884c7d65", "9a2feaa0c55ad015", "a3bf4f1b2b0b822c", "d15d6c15b0f00a08"].join("");

/** Secrets in plain words. */
export const SECRETS: readonly Fault[] = [
  {
    what: "writes a secret into its kustomization",
    file: "base/kustomization.yaml",
    to: "secretGenerator:\n  - name: more\n    literals:\n      - a=b\n",
    path: "secretGenerator[0].literals",
  },
  {
    ...DEPLOYMENT,
    what: "gives a container its secret in plain words",
    from: "valueFrom:\n                secretKeyRef:\n                  name: taskflow-secrets\n                  key: jwt-secret\n",
    to: "value: change-me\n",
    path: `${CONTAINER}.env[0]`,
  },
  {
    what: "has a password in an address",
    file: "base/kustomization.yaml",
    from: "- TRUST_PROXY=1",
    to: `- DATABASE_URL=postgres://taskflow:${"s3cr3t"}@postgres/taskflow`,
    path: "line 18",
  },
  {
    what: "has a password beside it",
    file: "base/notes.txt",
    to: `admin password: ${"hunter2hunter2"}\n`,
    path: "line 1",
  },
  { what: "has a random key beside it", file: "base/key.txt", to: `${RANDOM}\n`, path: "line 1" },
  {
    what: "has a private key beside it",
    file: "base/key.pem",
    to: `-----BEGIN ${"PRIVATE"} KEY-----\n`,
    path: "line 1",
  },
  { what: "has a key in hexadecimal beside it", file: "base/jwt-secret", to: `${HEX}\n`, path: "line 1" },
  { what: "exports a key", file: "base/setup.sh", to: `export JWT=${HEX}\n`, path: "line 1" },
  {
    what: "hides a password in base64",
    file: "base/notes.yaml",
    to: `note: ${btoa("DATABASE_PASSWORD=hunter2hunter2")}\n`,
    path: "line 1",
  },
  {
    what: "has a Secret in a file that no overlay takes",
    file: "base/left-over.yaml",
    to: `apiVersion: v1\nkind: Secret\nmetadata:\n  name: left-over\ndata:\n  a: YQ==\n`,
    object: "Secret/left-over",
    path: "data",
  },
  variable("gives a container a key of an API", "API_KEY", "hunter2hunter2"),
  variable("gives a container a password by a short name", "SMTP_PASS", "hunter2"),
  variable("gives a container a key by a harmless name", "SIGNING", HEX),
  variable("gives a container an address with a password", "DATABASE_URL", "postgres://taskflow:password@db/x"),
  {
    ...DEPLOYMENT,
    what: "calls a program with a password",
    from: "          image: taskflow\n",
    to: "          image: taskflow\n          args: [serve, --password, hunter2hunter2]\n",
    path: `${CONTAINER}.args[1]`,
  },
  { what: "has a file with a password", file: "base/password.txt", to: `${"hunter2hunter2"}\n`, path: "line 1" },
  {
    what: "has a password among the questions of an address",
    file: "base/notes.txt",
    to: `postgres://db/taskflow?user=taskflow&${"password"}=hunter2\n`,
    path: "line 1",
  },
  {
    ...variable("gives a container such an address", "ADDRESS", `postgres://db/taskflow?${"password"}=hunter2`),
  },
  {
    what: "has the credentials of hosts beside it",
    file: "base/.netrc",
    to: `machine example.org login me ${"password"} hunter2\n`,
    path: "line 1",
  },
  {
    what: "has the credentials of databases beside it",
    file: "base/.pgpass",
    to: `db.example.org:5432:taskflow:me:${"hunter2"}\n`,
    path: "line 1",
  },
  {
    what: "has the credentials of registries beside it",
    file: "base/config.json",
    to: `{"auths":{"ghcr.io":{"${"auth"}":"${btoa("me:hunter2")}"}}}\n`,
    path: "line 1",
  },
];

import type { Fault } from "../../support/manifests.ts";

const DEPLOYMENT = { file: "base/deployment.yaml", object: "Deployment/taskflow" };
const CONTAINER = "spec.template.spec.containers[0]";
const READINESS = "readinessProbe:\n            httpGet:\n              path: /readyz\n              port: http";
const LIVENESS = "livenessProbe:\n            httpGet:\n              path: /healthz\n              port: http";
const STARTUP = "startupProbe:\n            httpGet:\n              path: /healthz\n              port: http";
const HOOK = "preStop:\n              sleep:\n                seconds: 2";

const probe = (what: string, from: string, to: string, path: string): Fault => {
  return { ...DEPLOYMENT, what, from, to, path: `${CONTAINER}.${path}` };
};

/** Probes and hooks that the image can't answer, or that ask the wrong thing. */
export const PROBES: readonly Fault[] = [
  probe(
    "probes a path that TaskFlow does not have",
    "path: /readyz",
    "path: /api/health",
    "readinessProbe.httpGet.path",
  ),
  probe("probes the front page", "              path: /readyz\n", "", "readinessProbe.httpGet.path"),
  probe("probes a path without its slash", "path: /readyz", "path: readyz", "readinessProbe.httpGet.path"),
  probe("kills a pod that drains", LIVENESS, LIVENESS.replace("healthz", "readyz"), "livenessProbe.httpGet.path"),
  probe("sends requests to a pod that stops", "path: /readyz", "path: /healthz", "readinessProbe.httpGet.path"),
  probe(
    "probes a port that the container does not have",
    "path: /readyz\n              port: http",
    "path: /readyz\n              port: 8080",
    "readinessProbe.httpGet.port",
  ),
  probe(
    "is ready when a port is open",
    READINESS,
    "readinessProbe:\n            tcpSocket:\n              port: http",
    "readinessProbe.tcpSocket",
  ),
  probe(
    "is probed by gRPC",
    LIVENESS,
    "livenessProbe:\n            grpc:\n              port: 8000",
    "livenessProbe.grpc",
  ),
  probe(
    "probes with a shell",
    READINESS,
    "readinessProbe:\n            exec:\n              command: [/bin/sh, -c, 'true']",
    "readinessProbe.exec.command",
  ),
  probe(
    "probes with another program",
    READINESS,
    "readinessProbe:\n            exec:\n              command: [/usr/bin/test, -f, /tmp/ready]",
    "readinessProbe.exec.command",
  ),
  probe(
    "lives by a command that stops when it drains",
    LIVENESS,
    "livenessProbe:\n            exec:\n              command: [taskflow, health]",
    "livenessProbe.exec.command",
  ),
  probe("has no readiness probe", `          ${READINESS}\n`, "", "readinessProbe"),
  probe("has no startup probe", `          ${STARTUP}\n`, "", "startupProbe"),
  probe(
    "has a second to start",
    STARTUP,
    `${STARTUP}\n            periodSeconds: 1\n            failureThreshold: 1`,
    "startupProbe.failureThreshold",
  ),
  probe(
    "is killed for one late answer",
    LIVENESS,
    `${LIVENESS}\n            failureThreshold: 1`,
    "livenessProbe.failureThreshold",
  ),
  probe("is asked never", LIVENESS, `${LIVENESS}\n            failureThreshold: 0`, "livenessProbe.failureThreshold"),
  probe(
    "is sent requests for ten minutes",
    READINESS,
    `${READINESS}\n            periodSeconds: 60\n            failureThreshold: 10`,
    "readinessProbe.failureThreshold",
  ),
  probe(
    "waits with a program that the image does not have",
    HOOK,
    "preStop:\n              exec:\n                command: [sleep, '5']",
    "lifecycle.preStop.exec.command",
  ),
  probe(
    "waits with a shell",
    HOOK,
    "preStop:\n              exec:\n                command: [/bin/sh, -c, sleep 5]",
    "lifecycle.preStop.exec.command",
  ),
  probe(
    "waits by a path that TaskFlow does not have",
    HOOK,
    "preStop:\n              httpGet:\n                path: /stop\n                port: http",
    "lifecycle.preStop.httpGet.path",
  ),
  probe(
    "leaves a pod that hangs as it is",
    "livenessProbe:\n",
    "livenessProbe:\n            periodSeconds: 3600\n",
    "livenessProbe.failureThreshold",
  ),
];

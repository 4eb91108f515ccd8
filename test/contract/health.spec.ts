import { describe, expect, it } from "bun:test";
import { contractUrl } from "../support/contract.ts";

const url = await contractUrl();

describe("health check", () => {
  it("reports that the process is alive", async () => {
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "ok" });
  });

  it("reports that the process is ready", async () => {
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(200);
  });
});

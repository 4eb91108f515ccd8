import { describe, expect, it } from "bun:test";
import { contractUrl } from "../support/contract.ts";

const url = await contractUrl();

describe("a probe", () => {
  it("finds the process alive", async () => {
    const response = await fetch(`${url}/healthz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "ok" });
  });

  it("finds it ready for requests", async () => {
    const response = await fetch(`${url}/readyz`);
    expect(response.status).toBe(200);
  });
});

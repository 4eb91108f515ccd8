import type { Config } from "../config.ts";
import { AppError } from "../errors.ts";
import { isCrossSite } from "./request.ts";

/** Stops what another site's page sends in somebody's name. A bearer token is never sent by itself, so it may pass. */
export const refuseCrossSite = (config: Pick<Config, "trustProxy">) =>
  function refuseCrossSite({ request }: { request: Request }) {
    if (!request.headers.has("authorization") && isCrossSite(request, config)) {
      throw new AppError("forbidden", "This request came from another site. Open TaskFlow and do it there.");
    }
  };

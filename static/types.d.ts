import type { Htmx } from "htmx.org";

declare global {
  const htmx: Htmx;
  const SwaggerUIBundle: (options: Record<string, unknown>) => void;
}

// What htmx passes to its listeners and does not declare.
declare module "htmx.org" {
  interface HtmxRequestCtx {
    /** The title of the page in the response. */
    title?: string;
  }
  interface SwapTask {
    type: "main" | "oob" | "partial";
    fragment: DocumentFragment;
    target: Element;
  }
}

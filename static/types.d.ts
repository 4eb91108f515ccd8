import type { Htmx } from "htmx.org";

declare global {
  const htmx: Htmx;
  const SwaggerUIBundle: (options: Record<string, unknown>) => void;

  // The service worker. The library of its types can't be combined with that of pages.
  /** The files that pages need, relative to the site. */
  const ASSETS: string[];
  const registration: ServiceWorkerRegistration;
  const clients: { claim(): Promise<void> };
  const skipWaiting: () => Promise<void>;
  interface ExtendableEvent extends Event {
    waitUntil(work: Promise<unknown>): void;
  }
  interface FetchEvent extends ExtendableEvent {
    request: Request;
    respondWith(response: Promise<Response>): void;
  }
  interface WindowEventMap {
    install: ExtendableEvent;
    activate: ExtendableEvent;
    fetch: FetchEvent;
  }
}

// What htmx passes to its listeners and does not declare.
declare module "htmx.org" {
  interface HtmxRequestCtx {
    /** The title of the page in the response. */
    title?: string;
    /** Sends the request instead of `fetch`. */
    fetch?: () => Promise<Response>;
  }
  interface SwapTask {
    type: "main" | "oob" | "partial";
    fragment: DocumentFragment;
    target: Element;
    swapSpec: { style: string };
  }
}

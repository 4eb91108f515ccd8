import { assetUrl } from "../../src/http/assets.ts";
import type { Frame } from "../../src/http/pages.ts";
import { Layout } from "../ui/layout.tsx";

/** Swagger UI over our own document, all of it from this site. */
export const DocsPage = ({ frame }: { frame: Frame }) => (
  <Layout
    title="API"
    frame={frame}
    head={
      <>
        <link rel="service-desc" href="/docs/json" type="application/json" />
        <link rel="stylesheet" href={assetUrl("swagger-ui.css")} />
        <link rel="stylesheet" href={assetUrl("docs.css")} />
        <script src={assetUrl("swagger-ui.js")} defer></script>
        <script src={assetUrl("docs.js")} defer></script>
      </>
    }
  >
    <div id="swagger-ui">
      <noscript>
        This page needs JavaScript. The document itself is at <a href="/docs/json">/docs/json</a>.
      </noscript>
    </div>
  </Layout>
);

import { assetUrl } from "../../src/http/assets.ts";

/** Swagger UI over our own document, all of it from this site. */
export const DocsPage = () => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>API · TaskFlow</title>
      <link rel="icon" href={assetUrl("favicon.svg")} type="image/svg+xml" />
      <link rel="stylesheet" href={assetUrl("swagger-ui.css")} />
      <link rel="stylesheet" href={assetUrl("docs.css")} />
      <script src={assetUrl("swagger-ui.js")} defer></script>
      <script src={assetUrl("docs.js")} defer></script>
    </head>
    <body>
      <header>
        <a class="docs-home" href="/">
          TaskFlow
        </a>
      </header>
      <div id="swagger-ui">
        <noscript>
          This page needs JavaScript. The document itself is at <a href="/docs/json">/docs/json</a>.
        </noscript>
      </div>
    </body>
  </html>
);

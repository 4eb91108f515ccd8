// Swagger UI is started by a function call, which an attribute of the page can't make.
SwaggerUIBundle({
  url: "/docs/json",
  dom_id: "#swagger-ui",
  // Screen readers can't tell links inside buttons apart.
  deepLinking: false,
  tryItOutEnabled: true,
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
  // The badge would send our document to a validator on another host.
  validatorUrl: null,
});

// Swagger UI takes a function, so its start can't be an attribute of the page.
SwaggerUIBundle({
  url: "/docs/json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
  // The badge would ask a validator on another host about our document.
  validatorUrl: null,
});

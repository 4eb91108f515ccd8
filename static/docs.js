// Swagger UI takes a function, so its start can't be an attribute of the page.
SwaggerUIBundle({
  url: "/docs/json",
  dom_id: "#swagger-ui",
  // Links inside of buttons can be told apart by no screen reader.
  deepLinking: false,
  tryItOutEnabled: true,
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
  // The badge would ask a validator on another host about our document.
  validatorUrl: null,
});

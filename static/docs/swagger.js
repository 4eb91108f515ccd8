// Swagger UI has a dark theme for a class, while the rest of the page follows the system or the user's choice.
const system = matchMedia("(prefers-color-scheme: dark)");
function followTheme() {
  const { classList, dataset } = document.documentElement;
  classList.toggle("dark-mode", dataset.theme === "dark" || (dataset.theme === "auto" && system.matches));
}
followTheme();
system.addEventListener("change", followTheme);

// Swagger UI is started by a function call, which an attribute of the page can't make.
SwaggerUIBundle({
  url: document.querySelector("link[rel=service-desc]")?.getAttribute("href"),
  dom_id: "#swagger-ui",
  // Screen readers can't tell links inside buttons apart.
  deepLinking: false,
  tryItOutEnabled: true,
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
  // It has a main element of its own, inside that of the page.
  onComplete: () => document.querySelector("#swagger-ui main")?.setAttribute("role", "group"),
  // The badge would send our document to a validator on another host.
  validatorUrl: null,
});

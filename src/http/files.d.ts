// Files that are imported for their place or their text, not run. TypeScript would look for types beside them.
declare module "*.svg" {
  const content: string;
  export default content;
}
declare module "*.sql" {
  const text: string;
  export default text;
}
declare module "*.css" {
  const path: string;
  export default path;
}
declare module "htmx.org/dist/htmx.min.js" {
  const path: string;
  export default path;
}
declare module "swagger-ui-dist/swagger-ui-bundle.js" {
  const path: string;
  export default path;
}
declare module "*/static/app.js" {
  const path: string;
  export default path;
}
declare module "*/static/live.js" {
  const path: string;
  export default path;
}
declare module "*/static/writing.js" {
  const path: string;
  export default path;
}
declare module "*/static/docs.js" {
  const path: string;
  export default path;
}

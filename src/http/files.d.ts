// Files that are imported for their path or their text. TypeScript would look for types beside them.
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
declare module "*.js" {
  const path: string;
  export default path;
}
declare module "*.png" {
  const path: string;
  export default path;
}

/** The namespace, and the image name in the manifests, which a deployment replaces. */
export const NAMESPACE = "taskflow";
export const IMAGE = "taskflow";

/** The Secrets that are created outside of the manifests, with their keys. Pods must mark optional keys as such. */
export const SECRETS: Record<string, Record<string, { readonly optional: boolean }>> = {
  "taskflow-secrets": {
    "jwt-secret": { optional: false },
    "jwt-secret-previous": { optional: true },
    "backup-passphrase": { optional: true },
  },
  "taskflow-database": {
    url: { optional: false },
    "direct-url": { optional: true },
  },
  "taskflow-registry": {
    ".dockerconfigjson": { optional: false },
  },
};

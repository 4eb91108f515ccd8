/** Name of the namespace, and of the image that a deployment replaces by the one it has built. */
export const NAMESPACE = "taskflow";
export const IMAGE = "taskflow";

/**
 * The Secrets that are made outside the manifests, with their keys: none of them is ever in git. A key that need not be
 * there (`true`) has to be marked `optional` where a pod asks for it.
 */
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

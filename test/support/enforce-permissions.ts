/**
 * Returns the command prefix that makes file permissions apply to a program, also as root. Undefined if that is
 * not possible.
 */
export function enforcePermissions(): string[] | undefined {
  if (process.getuid?.() !== 0) return [];
  const prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
  if (!Bun.which("setpriv") || !Bun.spawnSync([...prefix, "true"]).success) return undefined;
  return prefix;
}

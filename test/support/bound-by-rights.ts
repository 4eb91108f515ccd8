/**
 * What starts a program so that permissions bind it, which root's capabilities lift.
 * @returns words for in front of a command; undefined where root can't give them up
 */
export function boundByRights(): string[] | undefined {
  if (process.getuid?.() !== 0) return [];
  const words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
  if (!Bun.which("setpriv") || !Bun.spawnSync([...words, "true"]).success) return undefined;
  return words;
}

/** A person as a circle with the initials of their username, which is beside it or its title. */
export const Initials = ({ username }: { username: string }) => (
  <span class="initials" aria-hidden="true" safe>
    {initialsOf(username)}
  </span>
);

/** Returns the first letters of the first two parts of a username, or its first two letters. */
function initialsOf(username: string): string {
  const [first = "", second] = username.split(/[._-]+/).filter(Boolean);
  return (second ? first.slice(0, 1) + second.slice(0, 1) : first.slice(0, 2)).toUpperCase();
}

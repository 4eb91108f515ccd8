// Addresses of this site. The site may be below a path, such as https://example.org/tasks.

/** The path of the site; empty at the root of a host. */
const basePath = document.body.dataset.basePath ?? "";

/** Returns the address that a path has in the browser. Every path in a script goes through it. @param {string} path */
export const address = (path) => basePath + path;

// Typed without a slash at the end, the address of a site below /tasks shows the list: its own address is the next one.
if (basePath === "/tasks" && location.pathname === basePath)
  history.replaceState(history.state, "", address("/tasks") + location.search);

// Preloaded into the program, to simulate a machine without IPv6.
const { serve } = Bun;
Bun.serve = ((options: { hostname: string }) => {
  if (options.hostname.includes(":")) throw Object.assign(new Error("no IPv6"), { code: "EADDRINUSE" });
  return serve(options as Parameters<typeof serve>[0]);
}) as typeof serve;

// Preloaded into the program: two signals cause errors that nothing handles.
process.on("SIGUSR2", () => {
  throw new Error("private-message");
});
process.on("SIGWINCH", () => void Promise.reject(new Error("private-message")));

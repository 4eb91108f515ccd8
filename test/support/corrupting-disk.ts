// Preloaded into the program, to simulate a disk that corrupts data: overwrites a page of the file that is renamed to
// CORRUPT_FILE. Uses `require`, as the functions of an imported module can't be replaced.
const fs: typeof import("node:fs") = require("node:fs");

const { renameSync } = fs;
fs.renameSync = (from, to) => {
  renameSync(from, to);
  if (to !== process.env.CORRUPT_FILE) return;
  fs.renameSync = renameSync;
  delete process.env.CORRUPT_FILE;
  const file = fs.openSync(to, "r+");
  fs.writeSync(file, Buffer.alloc(16_384, 7), 0, 16_384, 8192);
  fs.closeSync(file);
};

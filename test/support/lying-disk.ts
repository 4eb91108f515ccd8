// Loaded in front of the program: a disk that gives back something else than what was put on it, once a file gets the
// name in SPOILT. Required, as what is imported can't be another function any more.
const fs: typeof import("node:fs") = require("node:fs");

const { renameSync } = fs;
fs.renameSync = (from, to) => {
  renameSync(from, to);
  if (to !== process.env.SPOILT) return;
  fs.renameSync = renameSync;
  delete process.env.SPOILT;
  const file = fs.openSync(to, "r+");
  fs.writeSync(file, Buffer.alloc(16_384, 7), 0, 16_384, 8192);
  fs.closeSync(file);
};

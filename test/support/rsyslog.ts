import { copyFileSync, writeFileSync } from "node:fs";
import { dataFolder } from "./data-folder.ts";
import { waitUntil } from "./wait-until.ts";

export const rsyslog = Bun.which("rsyslogd", { PATH: `${process.env.PATH}:/usr/sbin` });

/**
 * Gives lines to rsyslog, a collector of logs, which parses them as JSON, as each collector of containers' logs does.
 * @returns the lines that it has stored, those of severity ERROR, and those that it could not parse
 */
export async function collect(lines: string) {
  using folder = dataFolder();
  const [input, stored, errors, rejected] = ["app", "stored", "errors", "rejected"].map(folder.file) as [
    string,
    string,
    string,
    string,
  ];
  writeFileSync(input, "");
  writeFileSync(
    folder.file("configuration"),
    `global(workDirectory="${folder.path}" maxMessageSize="64k")
module(load="imfile")
module(load="mmjsonparse")
template(name="line" type="list") { property(name="$!all-json") constant(value="\\n") }
input(type="imfile" file="${input}" tag="taskflow" addMetadata="off")
action(type="mmjsonparse" cookie="")
if $parsesuccess == "OK" then {
  action(type="omfile" file="${stored}" template="line")
  if $!severity_text == "ERROR" then action(type="omfile" file="${errors}" template="line")
} else action(type="omfile" file="${rejected}")
`,
  );
  // A copy, as AppArmor lets the original read only its own folders.
  copyFileSync(rsyslog ?? "", folder.file("rsyslogd"));
  await using collector = Bun.spawn(
    [folder.file("rsyslogd"), "-n", "-i", folder.file("pid"), "-f", folder.file("configuration")],
    { stdout: "ignore", stderr: "ignore" },
  );
  writeFileSync(input, lines);
  const read = async (file: string) =>
    (await Bun.file(file).exists()) ? (await Bun.file(file).text()).split("\n").filter(Boolean) : [];
  const expected = lines.split("\n").filter(Boolean).length;
  await waitUntil(async () => {
    if (collector.exitCode !== null) throw new Error(`rsyslogd ended with ${collector.exitCode}`);
    return (await read(stored)).length + (await read(rejected)).length >= expected;
  });
  collector.kill();
  await collector.exited;
  return { stored: await read(stored), errors: await read(errors), rejected: await read(rejected) };
}

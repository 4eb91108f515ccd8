import { t } from "elysia";
import { type Environment, loadConfig } from "../config.ts";
import { Registration } from "../features/accounts/model.ts";
import type { Accounts } from "../features/accounts/service.ts";
import { displayUrl } from "../http/listen.ts";
import { check } from "../validation/check.ts";
import { withServices } from "./services.ts";
import { confirm, readPassword, usage } from "./usage.ts";

const NewPassword = t.Pick(Registration, ["password"]);

interface UserCommand {
  readonly args: readonly string[];
  /** Asked before the command runs, unless `--yes` is given. */
  question?(args: readonly string[]): string;
  run(accounts: Accounts, args: string[], environment: Environment): Promise<string>;
}

const VERBS: Record<string, UserCommand> = {
  create: {
    args: ["NAME", "EMAIL"],
    async run(accounts, [username = "", email = ""]) {
      const registration = check(Registration, { username, email, password: await readPassword() });
      await accounts.register(registration, "commandLine");
      return `Account ${username} created.`;
    },
  },
  list: {
    args: [],
    async run(accounts) {
      const users = await accounts.listUsers();
      const rows = users.map(({ username, email, createdAt, disabled }) => [
        username,
        email,
        createdAt.slice(0, 10),
        disabled ? "disabled" : "",
      ]);
      return table([["NAME", "EMAIL", "SINCE", ""], ...rows]);
    },
  },
  disable: {
    args: ["NAME"],
    async run(accounts, [username = ""]) {
      await accounts.setDisabled(username, true);
      return `Account ${username} disabled.`;
    },
  },
  enable: {
    args: ["NAME"],
    async run(accounts, [username = ""]) {
      await accounts.setDisabled(username, false);
      return `Account ${username} enabled.`;
    },
  },
  delete: {
    args: ["NAME..."],
    question: (usernames) => `Delete ${usernames.join(", ")} with all their data? This can't be undone.`,
    async run(accounts, usernames) {
      for (const username of usernames) await accounts.remove(username);
      return `Deleted with all their data: ${usernames.join(", ")}.`;
    },
  },
  "reset-link": {
    args: ["NAME"],
    async run(accounts, [username = ""], environment) {
      const { baseUrl, basePath, host, port } = loadConfig(environment, { serving: false });
      const origin = baseUrl?.origin ?? displayUrl(host, port);
      const token = await accounts.createResetToken(username);
      // After the "#", so that the token is sent to no server before the person submits the form.
      return `${origin}${basePath}/reset-password#${token}

Send this link to ${username}. It works once, within an hour, and replaces earlier links.${
        baseUrl ? "" : "\nSet BASE_URL to print links that start with the URL of your server."
      }`;
    },
  },
  "reset-password": {
    args: ["NAME"],
    async run(accounts, [username = ""]) {
      const { password } = check(NewPassword, { password: await readPassword() });
      await accounts.resetPassword(username, password);
      return `Password of ${username} reset; all sessions ended.`;
    },
  },
};

/** `taskflow user create|list|disable|enable|delete|reset-link|reset-password`: manages accounts. @throws AppError */
export async function userCommand([verb = "", ...rest]: string[], environment: Environment): Promise<void> {
  const command = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  const args = rest.filter((arg) => arg !== "--yes" || !command?.question);
  const takesMany = command?.args.at(-1)?.endsWith("...") && args.length > 0;
  if (!command || (args.length !== command.args.length && !takesMany) || args.some((word) => word === "")) {
    const usages = Object.entries(VERBS).map(([name, { args }]) => [name, ...args].join(" "));
    throw usage(`usage: taskflow user ${usages.join(" | ")}`);
  }
  if (command.question && args.length === rest.length) await confirm(command.question(args));
  console.log(await withServices(environment, ({ accounts }) => command.run(accounts, args, environment)));
}

function table(rows: string[][]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

import { t } from "elysia";
import type { Environment } from "../config.ts";
import { Registration } from "../features/accounts/model.ts";
import type { Accounts } from "../features/accounts/service.ts";
import { check } from "../validation/check.ts";
import { withServices } from "./services.ts";
import { readPassword, usage } from "./usage.ts";

const NewPassword = t.Pick(Registration, ["password"]);

const VERBS: Record<string, { words: string[]; run(accounts: Accounts, words: string[]): Promise<string> }> = {
  create: {
    words: ["NAME", "EMAIL"],
    async run(accounts, [username = "", email = ""]) {
      const registration = check(Registration, { username, email, password: await readPassword() });
      await accounts.register(registration, "commandLine");
      return `${username} can sign in now.`;
    },
  },
  list: {
    words: [],
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
    words: ["NAME"],
    async run(accounts, [username = ""]) {
      await accounts.setDisabled(username, true);
      return `${username} is disabled.`;
    },
  },
  enable: {
    words: ["NAME"],
    async run(accounts, [username = ""]) {
      await accounts.setDisabled(username, false);
      return `${username} is enabled.`;
    },
  },
  "reset-password": {
    words: ["NAME"],
    async run(accounts, [username = ""]) {
      const { password } = check(NewPassword, { password: await readPassword() });
      await accounts.resetPassword(username, password);
      return `${username} has a new password, and is signed out everywhere.`;
    },
  },
};

/** `taskflow user create|list|disable|enable|reset-password`: the way in when locked out. @throws AppError */
export async function userCommand([verb = "", ...words]: string[], environment: Environment): Promise<void> {
  const command = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (!command || words.length !== command.words.length || words.some((word) => word === "")) {
    const ways = Object.entries(VERBS).map(([name, { words }]) => ["user", name, ...words].join(" "));
    throw usage(`say: ${ways.join(", or ")}`);
  }
  console.log(await withServices(environment, ({ accounts }) => command.run(accounts, words)));
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

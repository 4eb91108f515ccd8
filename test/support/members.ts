import type { BrowserContextOptions, Page } from "playwright-core";
import type { Actor, Role } from "../../src/actor.ts";
import { createServices } from "../../src/compose.ts";
import { databasePlace } from "../../src/config.ts";
import { openPlace } from "../../src/db/open.ts";
import { DEFAULT_STYLE } from "../../src/text/dates.ts";
import type { Site } from "./browser.ts";
import type { Client } from "./client.ts";
import { databaseUrl } from "./program.ts";
import type { Project } from "./projects.ts";

/** Returns the id of an account. */
export const idOf = async (client: Pick<Client, "send">) =>
  ((await (await client.send("/api/me")).json()) as { id: string }).id;

/** Opens the services on the data of a program: for what is not in the API. */
export async function openServices(dataDir: string, config: { changeLogDays?: number } = {}) {
  const place = databasePlace(await databaseUrl(dataDir));
  if (typeof place === "string") throw new Error(place);
  const db = await openPlace(place);
  const services = createServices(db, {
    limits: { signUpsPerHour: 300, streamsPerAddress: 500 },
    ...config,
  });

  /** Returns an account as the services know it. */
  async function actorOf(person: Pick<Client, "send">): Promise<Actor> {
    const { id, username } = (await (await person.send("/api/me")).json()) as Actor["user"];
    const user: Actor["user"] = {
      ...{ id, username, email: "", createdAt: "", timeZone: null },
      ...{ ...DEFAULT_STYLE, startPage: "list" },
    };
    return { user, sessionId: "", through: "token", timeZone: "UTC", access: await services.policy.accessOf(user.id) };
  }

  /** Gives a person a role in another's project, or takes it away. */
  async function setRole(
    owner: Pick<Client, "send">,
    project: { id: string },
    person: Pick<Client, "send">,
    role?: Role,
  ) {
    const [actor, member] = [await actorOf(owner), await actorOf(person)];
    const { id, username } = member.user;
    if (!role) return services.sharing.removeMember(actor, project.id, id);
    if (!member.access.projects.has(project.id)) {
      const offered = role === "owner" ? "editor" : role;
      const invite = await services.sharing.createInvite(actor, project.id, { username, role: offered }, "spec");
      await services.sharing.acceptInvite(member, invite.id);
    }
    await services.sharing.setRole(actor, project.id, id, role);
  }

  return { db, services, actorOf, setRole, close: () => db.close() };
}

/** Opens a page for each of two new accounts, and a project of the first one in which the second is an editor. */
export async function twoPeople(site: Site, options: BrowserContextOptions = {}) {
  const [ada, bob] = await Promise.all([site.open(options), site.open(options)]);
  const { setRole, close } = await openServices(site.program.dataDir);
  const project = (await (await ada.request.post("/api/projects", { data: { name: "Launch" } })).json()) as Project;
  await setRole(sender(ada), project, sender(bob), "editor");
  await close();
  const [adaUser, bobUser] = await Promise.all([me(ada), me(bob)]);
  return { ada, bob, project, adaUser, bobUser };
}

const sender = (page: Page) => ({
  send: async (path: string) => new Response(await (await page.request.get(path)).text()),
});

const me = async (page: Page) => (await (await page.request.get("/api/me")).json()) as { id: string; username: string };

import { describe, expect, it } from "bun:test";
import { type Client, newCredentials, signUp } from "../support/client.ts";
import { contractUrl } from "../support/contract.ts";
import { follow, has } from "../support/events.ts";
import {
  createLink,
  createProject,
  deleteProject,
  idOf,
  invite,
  joinWith,
  type Project,
  projectsOf,
  removeMember,
  setRole,
  share,
} from "../support/projects.ts";
import { changesOf, changing, createTask, patchTask, type Sender, undo } from "../support/tasks.ts";

const url = await contractUrl();

const people = (count: number) => Promise.all(Array.from({ length: count }, () => signUp(url)));

/** Returns an owner, another account, and a project of the owner. */
async function ownProject() {
  const [ada, bob] = (await people(2)) as [Client, Client];
  return { ada, bob, project: await createProject(ada, "Launch") };
}

interface Listed {
  items: { id: string; username: string | null; role: string }[];
}
const listOf = async (client: Sender, path: string) => ((await (await client.send(path)).json()) as Listed).items;
const rolesOf = async (client: Sender, { id }: Project) =>
  (await listOf(client, `/api/projects/${id}/members`)).map(({ username, role }) => `${username} ${role}`);
const pendingOf = (client: Sender) => listOf(client, "/api/invites");
const act = (client: Sender, id: string, action: "accept" | "decline") =>
  client.send(`/api/invites/${id}/${action}`, { method: "POST" });
const membership = async ({ id }: Project, member: Sender) => `/api/projects/${id}/members/${await idOf(member)}`;
const patchRole = async (by: Sender, project: Project, member: Sender, role: string) =>
  by.send(await membership(project, member), { method: "PATCH", json: { role } });
const remove = async (by: Sender, project: Project, member: Sender) =>
  by.send(await membership(project, member), { method: "DELETE" });

describe("invite", () => {
  it("is seen by the account, which accepts it and becomes a member", async () => {
    const { ada, bob, project } = await ownProject();
    const id = await invite(ada, project, { ...bob, username: bob.username.toUpperCase() }, "editor");
    expect(await pendingOf(bob)).toMatchObject([
      { id, project: "Launch", role: "editor", invitedBy: ada.username },
    ] as object[]);
    expect(await listOf(ada, `/api/projects/${project.id}/invites`)).toMatchObject([
      { id, username: bob.username, role: "editor" },
    ]);
    expect((await bob.send(`/api/projects/${project.id}`)).status).toBe(404);

    const key = { headers: { "idempotency-key": crypto.randomUUID() }, method: "POST" };
    for (let attempt = 1; attempt <= 2; attempt++) {
      const accepted = await bob.send(`/api/invites/${id}/accept`, key);
      expect(await accepted.json()).toMatchObject({ id: project.id, name: "Launch", role: "editor" });
    }
    expect((await act(bob, id, "accept")).status).toBe(404);
    expect([await pendingOf(bob), await listOf(ada, `/api/projects/${project.id}/invites`)]).toEqual([[], []]);
    expect(await rolesOf(bob, project)).toEqual([`${ada.username} owner`, `${bob.username} editor`]);
    const [joined] = await changesOf(ada);
    expect(joined).toMatchObject({
      ...{ entity: "member", verb: "joinProject", actorId: await idOf(bob), entityId: await idOf(bob) },
      ...{ projectId: project.id, before: null, after: { role: "editor" } },
    });
    expect((await undo(ada, joined?.id ?? 0)).status).toBe(409);
  });

  it("can be declined, revoked and replaced, and belongs to one account", async () => {
    const { ada, bob, project } = await ownProject();
    const [eve] = (await people(1)) as [Client];
    const first = await invite(ada, project, bob, "editor");
    for (const action of ["accept", "decline"] as const) expect((await act(eve, first, action)).status).toBe(404);
    const second = await invite(ada, project, bob, "viewer");
    expect((await act(bob, first, "accept")).status).toBe(404);
    expect((await act(bob, second, "decline")).status).toBe(204);
    expect((await act(bob, second, "accept")).status).toBe(404);
    const third = await invite(ada, project, bob, "viewer");
    const path = `/api/projects/${project.id}/invites/${third}`;
    expect((await ada.send(path, { method: "DELETE" })).status).toBe(204);
    expect((await ada.send(path, { method: "DELETE" })).status).toBe(404);
    expect((await act(bob, third, "accept")).status).toBe(404);
    expect([await pendingOf(bob), await projectsOf(bob)]).toEqual([[], []]);
  });

  it("ends with the project, also if that is restored, and with the ownership of whoever made it", async () => {
    const { ada, bob, project } = await ownProject();
    const [eve] = (await people(1)) as [Client];
    const deleted = await invite(ada, project, bob, "editor");
    await changing(deleteProject(ada, project));
    expect([await pendingOf(bob), (await act(bob, deleted, "accept")).status]).toEqual([[], 404]);
    await changing(ada.send(`/api/projects/${project.id}/restore`, { method: "POST" }));
    expect((await act(bob, deleted, "accept")).status).toBe(404);

    await share(ada, project, eve, "editor");
    await setRole(ada, project, eve, "owner");
    const hers = await invite(eve, project, bob, "editor");
    await setRole(ada, project, eve, "editor");
    expect([await pendingOf(bob), (await act(bob, hers, "accept")).status]).toEqual([[], 404]);
    await setRole(ada, project, eve, "owner");
    expect((await act(bob, hers, "accept")).status).toBe(404);
  });

  it("is rejected for an unknown username, a member, an Inbox and wrong input, naming the field", async () => {
    const { ada, bob, project } = await ownProject();
    const send = (json: object, id = project.id) => ada.send(`/api/projects/${id}/invites`, { json });
    const unknown = await send({ username: newCredentials().username, role: "viewer" });
    expect([unknown.status, await unknown.json()]).toMatchObject([422, { errors: [{ path: "/username" }] }]);
    expect((await send({ username: ada.username, role: "viewer" })).status).toBe(409);
    expect((await send({ username: bob.username, role: "viewer" }, await idOf(ada))).status).toBe(409);
    for (const [json, path] of [
      [{ role: "owner" }, "/role"],
      [{ username: bob.username }, "/role"],
      [{ role: "viewer", expiresInDays: 91 }, "/expiresInDays"],
      [{ role: "viewer", maxUses: 0 }, "/maxUses"],
      [{ role: "viewer", username: bob.username, maxUses: 2 }, "/maxUses"],
      [{ role: "viewer", email: "bob@example.org" }, "/email"],
    ] as const) {
      const response = await send(json);
      expect([response.status, await response.json()]).toMatchObject([422, { errors: [{ path }] }]);
    }
    await share(ada, project, bob, "viewer");
    expect((await send({ username: bob.username, role: "editor" })).status).toBe(409);
  });

  it("is one of at most 100 that are open", async () => {
    const { ada, project } = await ownProject();
    for (let number = 1; number <= 100; number++) await createLink(ada, project);
    const path = `/api/projects/${project.id}/invites`;
    expect((await ada.send(path, { json: { role: "viewer" } })).status).toBe(409);
    const [first] = await listOf(ada, path);
    await ada.send(`${path}/${first?.id}`, { method: "DELETE" });
    await createLink(ada, project);
  });
});

describe("link", () => {
  it("lets as many accounts join as it says, and shows its secret only once", async () => {
    const { ada, project } = await ownProject();
    const [bob, eve, dan] = (await people(3)) as [Client, Client, Client];
    const secret = await createLink(ada, project, { role: "viewer", maxUses: 2 });
    const listed = await (await ada.send(`/api/projects/${project.id}/invites`)).text();
    expect(listed).not.toContain(secret);
    expect(await (await joinWith(bob, secret)).json()).toMatchObject({ id: project.id, role: "viewer" });
    // A second attempt of a member is not a use.
    expect((await joinWith(bob, secret)).status).toBe(409);
    expect((await joinWith(eve, secret)).status).toBe(200);
    expect((await joinWith(dan, secret)).status).toBe(404);
    expect((await joinWith(dan, "no such secret")).status).toBe(404);
    expect(await rolesOf(ada, project)).toHaveLength(3);
  });

  it("gives a member no other role", async () => {
    const { ada, bob, project } = await ownProject();
    const secret = await createLink(ada, project, { role: "editor" });
    await share(ada, project, bob, "viewer");
    expect((await joinWith(bob, secret)).status).toBe(409);
    expect(await rolesOf(bob, project)).toContain(`${bob.username} viewer`);
  });

  it("stops working when it is revoked, when the project is deleted, and when its maker is no owner", async () => {
    const { ada, bob, project } = await ownProject();
    const [eve] = (await people(1)) as [Client];
    const path = `/api/projects/${project.id}/invites`;
    const revoked = await createLink(ada, project);
    const [listed] = await listOf(ada, path);
    expect((await ada.send(`${path}/${listed?.id}`, { method: "DELETE" })).status).toBe(204);
    expect((await joinWith(bob, revoked)).status).toBe(404);

    await share(ada, project, eve, "editor");
    await setRole(ada, project, eve, "owner");
    const hers = await createLink(eve, project);
    await removeMember(ada, project, eve);
    expect((await joinWith(bob, hers)).status).toBe(404);
    expect((await joinWith(eve, hers)).status).toBe(404);

    const deleted = await createLink(ada, project);
    const gone = await changing(deleteProject(ada, project));
    expect((await joinWith(bob, deleted)).status).toBe(404);
    await changing(undo(ada, gone));
    expect((await joinWith(bob, deleted)).status).toBe(404);
  });
});

describe("members", () => {
  it("always include an owner, who can hand the project over", async () => {
    const { ada, bob, project } = await ownProject();
    await share(ada, project, bob, "viewer");
    for (const response of [await patchRole(ada, project, ada, "editor"), await remove(ada, project, ada)])
      expect(response.status).toBe(409);
    expect((await patchRole(ada, project, bob, "owner")).status).toBe(200);
    // Each of two owners takes the role from the other at the same time: one of them keeps it.
    const outcomes = await Promise.all([
      patchRole(ada, project, bob, "editor"),
      patchRole(bob, project, ada, "editor"),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 403]);
    expect((await rolesOf(ada, project)).filter((each) => each.endsWith("owner"))).toHaveLength(1);
    const [owner, other] = outcomes[0]?.status === 200 ? [ada, bob] : [bob, ada];
    await setRole(owner, project, other, "owner");
    expect((await remove(owner, project, owner)).status).toBe(204);
    expect(await rolesOf(other, project)).toEqual([`${other.username} owner`]);
    expect((await owner.send(`/api/projects/${project.id}`)).status).toBe(404);
  });

  it("leave by themselves, and are managed only by an owner", async () => {
    const { ada, bob, project } = await ownProject();
    const [eve] = (await people(1)) as [Client];
    await share(ada, project, bob, "editor");
    await share(ada, project, eve, "viewer");
    for (const member of [bob, eve])
      for (const response of [
        await patchRole(member, project, member, "owner"),
        await patchRole(member, project, ada, "viewer"),
        await remove(member, project, ada),
        await member.send(`/api/projects/${project.id}/invites`),
        await member.send(`/api/projects/${project.id}/invites`, { json: { role: "viewer" } }),
      ])
        expect(response.status).toBe(403);
    for (const wrong of ["nobody", crypto.randomUUID()])
      expect((await ada.send(`/api/projects/${project.id}/members/${wrong}`, { method: "DELETE" })).status).toBe(404);
    expect((await patchRole(ada, project, bob, "chief")).status).toBe(422);
    expect((await remove(eve, project, eve)).status).toBe(204);
    expect((await remove(eve, project, eve)).status).toBe(404);
    expect(await projectsOf(eve)).toEqual([]);
    expect((await remove(ada, project, bob)).status).toBe(204);
    expect(await rolesOf(ada, project)).toEqual([`${ada.username} owner`]);
    // An Inbox has one member for good.
    const inbox = { id: await idOf(ada) } as Project;
    for (const response of [await patchRole(ada, inbox, ada, "viewer"), await remove(ada, inbox, ada)])
      expect(response.status).toBe(409);
  });

  it("see each other's changes, and who joins and leaves, live", async () => {
    const { ada, bob, project } = await ownProject();
    await share(ada, project, bob, "editor");
    await using feed = await follow(ada);
    const task = await createTask(bob, { title: "By Bob", projectId: project.id });
    await feed.until(has(await changing(patchTask(bob, task, { title: "By Bob, again" }))));
    expect((await remove(bob, project, bob)).status).toBe(204);
    await feed.until(({ events }) => events.some(({ data }) => JSON.stringify(data).includes("leaveProject")));
    expect((await changesOf(ada))[0]).toMatchObject({ entity: "member", verb: "leaveProject", after: null });
  });
});

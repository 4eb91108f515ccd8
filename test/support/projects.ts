import { expect } from "bun:test";
import type { Client } from "./client.ts";
import type { Sender } from "./tasks.ts";

/** A project as the API returns it. */
export interface Project {
  id: string;
  name: string;
  color: string | null;
  icon: string | null;
  inbox: boolean;
  role: string;
  position: number;
  archived: boolean;
  deletedAt: string | null;
}

/** Creates a project. */
export async function createProject(client: Sender, name: string): Promise<Project> {
  const response = await client.send("/api/projects", { json: { name } });
  expect(response.status).toBe(201);
  return (await response.json()) as Project;
}

/** Changes some fields of a project. */
export const patchProject = (client: Sender, { id }: { id: string }, json: object) =>
  client.send(`/api/projects/${id}`, { method: "PATCH", json });

export const deleteProject = (client: Sender, { id }: { id: string }) =>
  client.send(`/api/projects/${id}`, { method: "DELETE" });

/** Returns the projects of an account in its own order, without the Inbox. */
export async function projectsOf(client: Sender, state = "active"): Promise<Project[]> {
  const response = await client.send(`/api/projects?state=${state}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { items: Project[] }).items.filter(({ inbox }) => !inbox);
}

/** Returns the id of an account. */
export const idOf = async (client: Sender) => ((await (await client.send("/api/me")).json()) as { id: string }).id;

/** Invites an account to a project. @returns the id of the invite */
export async function invite(owner: Sender, { id }: { id: string }, person: Client, role: string): Promise<string> {
  const response = await owner.send(`/api/projects/${id}/invites`, { json: { username: person.username, role } });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

/** Makes an account a member of a project: it is invited, and accepts. */
export async function share(owner: Sender, project: { id: string }, person: Client, role: string) {
  const id = await invite(owner, project, person, role);
  expect((await person.send(`/api/invites/${id}/accept`, { method: "POST" })).status).toBe(200);
}

/** Changes the role of a member. */
export async function setRole(owner: Sender, { id }: { id: string }, person: Sender, role: string) {
  const path = `/api/projects/${id}/members/${await idOf(person)}`;
  expect((await owner.send(path, { method: "PATCH", json: { role } })).status).toBe(200);
}

/** Removes a member from a project. */
export async function removeMember(owner: Sender, { id }: { id: string }, person: Sender) {
  const path = `/api/projects/${id}/members/${await idOf(person)}`;
  expect((await owner.send(path, { method: "DELETE" })).status).toBe(204);
}

/** Creates a link to join a project. @returns its secret */
export async function createLink(owner: Sender, { id }: { id: string }, more: object = {}): Promise<string> {
  const response = await owner.send(`/api/projects/${id}/invites`, { json: { role: "editor", ...more } });
  expect(response.status).toBe(201);
  return ((await response.json()) as { secret: string }).secret;
}

/** Joins a project with the secret of a link. */
export const joinWith = (person: Sender, secret: string) => person.send("/api/invites/accept", { json: { secret } });

import { afterAll, expect, it, setDefaultTimeout } from "bun:test";
import { type Client, signUp } from "../support/client.ts";
import { startProgram } from "../support/program.ts";
import { createLink, createProject, deleteProject, idOf, invite, joinWith, removeMember } from "../support/projects.ts";
import { routesOf } from "../support/routes.ts";
import { changesOf, changing, createTask, deleteTask } from "../support/tasks.ts";

setDefaultTimeout(180_000);

const program = await startProgram({ SIGN_UPS_PER_HOUR: "0" });
afterAll(() => program[Symbol.asyncDispose]());

/** From the one who may do the least: what is rejected changes nothing for those after them. */
const ROLES = ["none", "invited", "former", "viewer", "editor", "owner"] as const;
type Role = (typeof ROLES)[number];

/** What a request does, and so which roles may make it. */
const OUTCOMES = {
  view: [404, 404, 404, "ok", "ok", "ok"],
  edit: [404, 404, 404, 403, "ok", "ok"],
  manage: [404, 404, 404, 403, 403, "ok"],
  /** As above, but a field names the task, as if it did not exist. */
  editParent: [422, 422, 422, 403, "ok", "ok"],
  /** About what the account has itself: nothing of the project is in the response to the first three. */
  own: ["ok", "ok", "ok", "ok", "ok", "ok"],
  /** Whoever has the secret of a link. */
  joinByLink: ["ok", "ok", "ok", 409, 409, 409],
  readLink: ["ok", "ok", "ok", 303, 303, 303],
  answer: [404, "ok", 404, 404, 404, 404],
  canUndo: [409, 409, 409, 409, "ok", "ok"],
} as const;

type Fixture = Awaited<ReturnType<typeof createFixture>>;
type Body = { json: object } | { form: Record<string, string> };
type Case = readonly [outcome: keyof typeof OUTCOMES, path: (at: Fixture) => string | Promise<string>, body?: object];

/** Requests that no project is a part of, and the live stream, which has specs of its own. */
const APART = [
  ...["GET /", "GET /login", "GET /register", "GET /reset-password", "GET /docs", "GET /docs/json", "GET /healthz"],
  ...["GET /readyz", "GET /service-worker.js", "GET /account", "GET /projects/new", "GET /api/events"],
  ...["HEAD /api/events", "GET /api/me", "GET /api/sessions", "PATCH /api/me", "DELETE /api/sessions"],
  ...["DELETE /api/sessions/:id", "POST /api/login", "POST /api/logout", "POST /api/password", "POST /api/projects"],
  ...["POST /api/register", "POST /account/password", "POST /account/sessions/:id/end", "POST /account/settings"],
  ...["POST /account/sessions/end-others", "POST /account/theme", "POST /account/time-zone", "POST /login"],
  ...["POST /logout", "POST /projects", "POST /register", "POST /reset-password", "POST /time-zone"],
];

const json = (values: object): Body => ({ json: values });
const form = (values: Record<string, string> = {}): Body => ({ form: values });
const project =
  (rest = "") =>
  (at: Fixture) =>
    `/projects/${at.project.id}${rest}`;
const member =
  (rest = "") =>
  (at: Fixture) =>
    `/projects/${at.project.id}/members/${at.guestId}${rest}`;
const task =
  (rest = "") =>
  async (at: Fixture) =>
    `/tasks/${await at.task()}${rest}`;
const trashed = (rest: string) => async (at: Fixture) => `/trash/${await at.trashed()}${rest}`;
const comment = async (at: Fixture) => `/comments/${await at.comment()}`;
const label =
  (rest = "") =>
  async (at: Fixture) =>
    `/labels/${await at.label()}${rest}`;
const section =
  (rest = "") =>
  async (at: Fixture) =>
    `/projects/${at.project.id}/sections/${await at.section()}${rest}`;
const undo = async (at: Fixture) => `/changes/${await at.change()}/undo`;
const revocable =
  (rest = "") =>
  async (at: Fixture) =>
    `/projects/${at.project.id}/invites/${await at.openInvite()}${rest}`;
const api = (path: Case[1]) => async (at: Fixture) => `/api${await path(at)}`;
const here = (path: string) => (at: Fixture) => path.replace("*", at.project.id);
const ids = async (at: Fixture) => ({ ids: [await at.task()], action: "complete" });
/** A body that depends on the fixture. */
const from = (body: (at: Fixture) => Body | Promise<Body>) => body;

const CASES: Record<string, Case | readonly Case[]> = {
  "GET /api/projects": ["own", here("/api/projects")],
  "GET /api/projects/:id": ["view", api(project())],
  "PATCH /api/projects/:id": [
    ["manage", api(project()), json({ name: "Confidential too" })],
    ["view", api(project()), json({ position: 1 })],
  ],
  "DELETE /api/projects/:id": ["manage", api(project())],
  "POST /api/projects/:id/restore": ["manage", api((at) => `/projects/${at.deletedId}/restore`)],
  "GET /api/projects/:id/members": ["view", api(project("/members"))],
  "PATCH /api/projects/:id/members/:accountId": ["manage", api(member()), json({ role: "editor" })],
  "DELETE /api/projects/:id/members/:accountId": ["manage", api(member())],
  "GET /api/projects/:id/sections": ["view", api(project("/sections"))],
  "POST /api/projects/:id/sections": ["edit", api(project("/sections")), json({ name: "Confidential" })],
  "PATCH /api/projects/:id/sections/:section": ["edit", api(section()), json({ name: "Changed", archived: true })],
  "DELETE /api/projects/:id/sections/:section": ["edit", api(section())],
  "GET /api/projects/:id/invites": ["manage", api(project("/invites"))],
  "POST /api/projects/:id/invites": ["manage", api(project("/invites")), json({ role: "viewer" })],
  "DELETE /api/projects/:id/invites/:inviteId": ["manage", api(revocable())],
  "GET /api/invites": ["own", here("/api/invites")],
  "POST /api/invites/:id/accept": ["answer", (at) => `/api/invites/${at.inviteId}/accept`],
  "POST /api/invites/:id/decline": ["answer", (at) => `/api/invites/${at.inviteId}/decline`],
  "POST /api/invites/accept": ["joinByLink", here("/api/invites/accept"), from((at) => json({ secret: at.secret }))],
  "GET /api/tasks": [
    ["own", here("/api/tasks")],
    ["own", here("/api/tasks?q=confidential")],
    ["view", here("/api/tasks?project=*")],
  ],
  "POST /api/tasks": [
    "edit",
    here("/api/tasks"),
    from((at) => json({ title: "Confidential", projectId: at.project.id })),
  ],
  "POST /api/tasks/bulk": ["edit", here("/api/tasks/bulk"), from(async (at) => json(await ids(at)))],
  "GET /api/tasks/:id": ["view", api(task())],
  "PUT /api/tasks/:id": ["edit", api(task()), json({ title: "Changed" })],
  "PATCH /api/tasks/:id": [
    ["edit", api(task()), json({ title: "Changed" })],
    // Out of the project, and into it.
    ["edit", api(task()), from((at) => json({ projectId: at.personId }))],
    ["edit", async (at) => `/api/tasks/${await at.ownTask()}`, from((at) => json({ projectId: at.project.id }))],
    [
      "editParent",
      async (at) => `/api/tasks/${await at.ownTask()}`,
      from(async (at) => json({ parentId: await at.task() })),
    ],
  ],
  "POST /api/tasks/:id/duplicate": ["edit", api(task("/duplicate"))],
  "POST /api/projects/:id/duplicate": ["view", api(project("/duplicate"))],
  "DELETE /api/tasks/:id": ["edit", api(task())],
  "GET /api/trash": ["own", here("/api/trash")],
  "POST /api/trash/:id/restore": ["edit", api(trashed("/restore"))],
  "GET /api/tasks/:id/comments": ["view", api(task("/comments"))],
  "POST /api/tasks/:id/comments": ["edit", api(task("/comments")), json({ text: "Confidential" })],
  "GET /api/comments/:id": ["view", api(comment)],
  "PATCH /api/comments/:id": ["edit", api(comment), json({ text: "Changed" })],
  "DELETE /api/comments/:id": ["edit", api(comment)],
  "GET /api/changes": [
    ["own", here("/api/changes")],
    ["view", here("/api/changes?project=*")],
    ["view", async (at) => `/api/changes?task=${await at.task()}`],
  ],
  "POST /api/changes/:id/undo": ["edit", api(undo)],
  "GET /projects": ["own", here("/projects")],
  "GET /projects/:id": ["view", project()],
  "GET /projects/:id/edit": ["manage", project("/edit")],
  "POST /projects/:id": ["manage", project(), form({ name: "Confidential too", version: "1" })],
  "POST /projects/:id/position": ["view", project("/position"), form({ position: "1" })],
  "POST /projects/:id/archival": ["manage", project("/archival"), form({ archived: "true" })],
  "POST /projects/:id/deletion": ["manage", project("/deletion"), form()],
  "POST /projects/:id/restoration": ["manage", (at) => `/projects/${at.deletedId}/restoration`, form()],
  "POST /projects/:id/sections": ["edit", project("/sections"), form({ name: "Confidential" })],
  "POST /projects/:id/sections/:section": ["edit", section(), form({ name: "Changed" })],
  "POST /projects/:id/sections/:section/position": ["edit", section("/position"), form({ position: "1" })],
  "POST /projects/:id/sections/:section/archival": ["edit", section("/archival"), form()],
  "POST /projects/:id/sections/:section/deletion": ["edit", section("/deletion"), form()],
  "GET /projects/:id/members": ["view", project("/members")],
  "POST /projects/:id/members": ["manage", project("/members"), form({ role: "viewer" })],
  "POST /projects/:id/members/:accountId": ["manage", member(), form({ role: "editor" })],
  "POST /projects/:id/members/:accountId/removal": ["manage", member("/removal"), form()],
  "POST /projects/:id/invites/:inviteId/revocation": ["manage", revocable("/revocation"), form()],
  "POST /projects/:id/presence": ["view", project("/presence"), form()],
  "GET /unread": ["own", here("/unread")],
  "GET /invites": ["own", here("/invites")],
  "GET /invites/link/:secret": ["readLink", (at) => `/invites/link/${at.secret}`],
  "POST /invites/link": ["joinByLink", here("/invites/link"), from((at) => form({ secret: at.secret }))],
  "POST /invites/:id/acceptance": ["answer", (at) => `/invites/${at.inviteId}/acceptance`, form()],
  "POST /invites/:id/refusal": ["answer", (at) => `/invites/${at.inviteId}/refusal`, form()],
  "GET /tasks": [
    ["own", here("/tasks")],
    ["own", here("/tasks?q=confidential")],
  ],
  "GET /completed": ["own", here("/completed")],
  "GET /today": ["own", here("/today")],
  "GET /upcoming": ["own", here("/upcoming")],
  "GET /trash": ["own", here("/trash")],
  "GET /activity": [
    ["own", here("/activity")],
    ["view", here("/activity?project=*")],
    ["own", async (at) => `/activity?task=${await at.task()}`],
  ],
  "GET /tasks/:id": ["view", task()],
  "GET /tasks/changed": ["own", async (at) => `/tasks/changed?id=${await at.task()}`],
  "GET /tasks/print": [
    ["own", here("/tasks/print")],
    ["view", here("/tasks/print?project=*")],
  ],
  "POST /tasks": ["edit", here("/tasks"), from((at) => form({ title: "Confidential", projectId: at.project.id }))],
  "POST /tasks/lines": [
    "edit",
    here("/tasks/lines"),
    from((at) => form({ lines: "Confidential\nConfidential too", projectId: at.project.id })),
  ],
  "POST /tasks/bulk": [
    "edit",
    here("/tasks/bulk"),
    from(async (at) => form({ ids: await at.task(), action: "complete" })),
  ],
  "POST /tasks/:id": ["edit", task(), form({ title: "Changed" })],
  "POST /tasks/:id/boxes": ["edit", task("/boxes"), form({ box: "0:on", version: "1" })],
  "POST /tasks/:id/completion": ["edit", task("/completion"), form({ completed: "true" })],
  "POST /tasks/:id/duplication": ["edit", task("/duplication"), form()],
  "POST /projects/:id/duplication": ["view", project("/duplication"), form()],
  "POST /tasks/:id/deletion": ["edit", task("/deletion"), form()],
  "GET /api/labels": ["own", here("/api/labels")],
  "PATCH /api/labels/:name": ["edit", api(label()), json({ name: "public" })],
  "PATCH /api/labels/*": ["edit", api(label("/one")), json({ name: "public" })],
  "DELETE /api/labels/:name": ["edit", api(label())],
  "DELETE /api/labels/*": ["edit", api(label("/one"))],
  "GET /labels": ["own", here("/labels")],
  "GET /labels/*": ["own", label()],
  // Leads back to the list with what is wrong; the API says it with a status.
  "POST /labels/*": [
    ["own", label(), form({ name: "public" })],
    ["edit", label("/one"), form({ remove: "all" })],
  ],
  "POST /tasks/:id/order": ["edit", task("/order"), form({ direction: "down" })],
  "POST /tasks/:id/subtasks": ["edit", task("/subtasks"), form({ title: "Confidential" })],
  "GET /tasks/:id/comments": ["view", task("/comments")],
  "POST /tasks/:id/comments": ["edit", task("/comments"), form({ text: "Confidential" })],
  "GET /comments/:id": ["view", comment],
  "POST /comments/:id": ["edit", comment, form({ text: "Changed", version: "1" })],
  "POST /comments/:id/deletion": ["edit", async (at) => `${await comment(at)}/deletion`, form()],
  "GET /activity/mentions": ["own", here("/activity/mentions")],
  "POST /tasks/:id/due": ["edit", task("/due"), form({ dueDate: "2026-05-03" })],
  "POST /trash/:id/restoration": ["edit", trashed("/restoration"), form()],
  "GET /changes/:id/undo": ["canUndo", undo],
  "POST /changes/:id/undo": ["edit", undo, form()],
};

/** Creates a project in which each person has their role, with a task for each request. */
async function createFixture() {
  const people = {} as Record<Role, Client>;
  for (const role of ROLES) people[role] = await signUp(program.url);
  const { owner } = people;
  const guest = await signUp(program.url);
  const project = await createProject(owner, "Confidential project");
  const deleted = await createProject(owner, "Confidential, deleted");
  const [view, edit] = [await createLink(owner, project, { role: "viewer" }), await createLink(owner, project)];
  for (const person of [people.viewer, guest]) await joinWith(person, view);
  for (const person of [people.editor, people.former]) await joinWith(person, edit);
  const [viewDeleted, editDeleted] = [
    await createLink(owner, deleted, { role: "viewer" }),
    await createLink(owner, deleted),
  ];
  await joinWith(people.viewer, viewDeleted);
  await joinWith(people.editor, editDeleted);
  await changing(deleteProject(owner, deleted));
  await removeMember(owner, project, people.former);
  const inviteId = await invite(owner, project, people.invited, "viewer");
  const newTask = async () =>
    (await createTask(owner, { title: "Confidential task", description: "- [ ] Box", projectId: project.id })).id;
  const fixture = {
    ...{
      people,
      project,
      deletedId: deleted.id,
      guestId: await idOf(guest),
      inviteId,
      secret: await createLink(owner, project),
    },
    /** Who makes the request. */
    person: owner,
    personId: "",
    task: newTask,
    ownTask: async () => (await createTask(fixture.person, "Mine")).id,
    async trashed() {
      const id = await newTask();
      await deleteTask(owner, { id });
      return id;
    },
    async label() {
      await createTask(owner, {
        title: "Confidential task",
        projectId: project.id,
        labels: ["confidential", "confidential/one"],
      });
      return "confidential";
    },
    async section() {
      const response = await owner.send(`/api/projects/${project.id}/sections`, { json: { name: "Confidential" } });
      return ((await response.json()) as { id: string }).id;
    },
    async comment() {
      const author = [people.viewer, people.editor].includes(fixture.person) ? fixture.person : owner;
      const text = { json: { text: "Confidential comment" } };
      const path = `/api/tasks/${await newTask()}/comments`;
      const response = await author.send(path, text);
      return ((await (response.ok ? response : await owner.send(path, text)).json()) as { id: string }).id;
    },
    async change() {
      return (await changesOf(owner, `?task=${await newTask()}`))[0]?.id;
    },
    async openInvite() {
      await createLink(owner, project);
      const { items } = (await (await owner.send(`/api/projects/${project.id}/invites`)).json()) as {
        items: { id: string }[];
      };
      return items.at(-1)?.id ?? "";
    },
  };
  return fixture;
}

it("knows every route", async () => {
  const listed = [...APART, ...Object.keys(CASES)].sort();
  expect(listed).toEqual(await routesOf(program.dataDir));
});

// One after the other: each signs up seven people.
for (const [route, cases] of Object.entries(CASES))
  it.serial(`gives each role its outcome: ${route}`, async () => {
    for (const [outcome, path, body] of (typeof cases[0] === "string" ? [cases] : cases) as readonly Case[]) {
      const at = await createFixture();
      const [method] = route.split(" ");
      const outcomes: Record<string, unknown> = {};
      for (const role of ROLES) {
        at.person = at.people[role];
        at.personId = await idOf(at.person);
        const given = (typeof body === "function" ? await body(at) : (body ?? {})) as { json?: object; form?: object };
        const response = await at.person.send(await path(at), {
          method,
          redirect: "manual",
          ...(given.json && { json: given.json }),
          ...(given.form && { body: new URLSearchParams(given.form as Record<string, string>) }),
        });
        const text = await response.text();
        const isOk = response.ok || (response.status === 303 && outcome !== "readLink");
        outcomes[role] = isOk ? "ok" : response.status;
        // Whoever is not a member reads nothing of the project; the invited account and the link know its name.
        if (["none", "invited", "former"].includes(role) && !["joinByLink", "readLink", "answer"].includes(outcome))
          expect(role === "invited" ? text.replaceAll("Confidential project", "") : text).not.toContain("Confidential");
      }
      expect(outcomes).toEqual(Object.fromEntries(ROLES.map((role, index) => [role, OUTCOMES[outcome][index]])));
    }
  });

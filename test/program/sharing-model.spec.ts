import { afterAll, expect, it, setDefaultTimeout } from "bun:test";
import fc from "fast-check";
import { type Client, signUp } from "../support/client.ts";
import { startProgram } from "../support/program.ts";
import { createProject, idOf, share } from "../support/projects.ts";

setDefaultTimeout(120_000);

const program = await startProgram({ SIGN_UPS_PER_HOUR: "0" });
afterAll(() => program[Symbol.asyncDispose]());

type Role = "owner" | "editor" | "viewer";
interface Person extends Client {
  readonly id: string;
}
interface Project {
  readonly id: string;
  readonly roles: Map<Person, Role>;
  isDeleted: boolean;
}
interface Task {
  readonly id: string;
  project: Project;
  isDeleted: boolean;
}
interface Offer {
  readonly id: string;
  readonly project: Project;
  readonly role: Role;
  readonly by: Person;
  /** Who is invited; undefined for a link. */
  readonly person: Person | undefined;
  readonly secret: string | null;
}
interface World {
  readonly people: Person[];
  readonly projects: Project[];
  readonly tasks: Task[];
  offers: Offer[];
  /** Changes that can be undone, with what that needs in these projects. */
  readonly changes: { readonly id: string; readonly project: Project; readonly needs: readonly Role[] }[];
}

const EDIT: readonly Role[] = ["owner", "editor"];
const MANAGE: readonly Role[] = ["owner"];

const has = (roles: readonly Role[], { roles: of, isDeleted }: Project, person: Person) =>
  !isDeleted && roles.includes(of.get(person) as Role);
const sees = ({ roles, isDeleted }: Project, person: Person) => roles.has(person) && !isDeleted;
const isLastOwner = ({ roles }: Project, person: Person) =>
  roles.get(person) === "owner" && [...roles.values()].filter((role) => role === "owner").length === 1;
const endOffers = (world: World, ended: (offer: Offer) => boolean) => {
  world.offers = world.offers.filter((offer) => !ended(offer));
};

const numbers = { one: fc.nat(99), two: fc.nat(99), three: fc.nat(99) };
const pick = <Item>(items: readonly Item[], number: number) => items[number % items.length];

/** What a step may do, and does if it is allowed. */
interface Step {
  readonly request: readonly [method: string, path: string, json?: object];
  readonly allowed: boolean;
  /** Whether the actor sees what the step is about: if not, it does not exist for them. */
  readonly seen: boolean;
  readonly done?: (body: Record<string, string>, response: Response) => void;
}
type Plan = (world: World, actor: Person, one: number, two: number, three: number) => Step | undefined;

const changed = (world: World, project: Project, needs: readonly Role[], response: Response) => {
  const id = response.headers.get("taskflow-change");
  if (id) world.changes.push({ id, project, needs });
};

const PLANS: Record<string, Plan> = {
  addTask(world, actor, one) {
    const project = pick(world.projects, one) as Project;
    return {
      request: ["POST", "/api/tasks", { title: "Task", projectId: project.id }],
      allowed: has(EDIT, project, actor),
      seen: project.roles.has(actor),
      done(body, response) {
        world.tasks.push({ id: body.id ?? "", project, isDeleted: false });
        changed(world, project, EDIT, response);
      },
    };
  },
  editTask(world, actor, one, two) {
    const task = pick(world.tasks, one);
    if (!task) return undefined;
    return {
      request: ["PATCH", `/api/tasks/${task.id}`, { title: `Task ${two}` }],
      allowed: has(EDIT, task.project, actor) && !task.isDeleted,
      seen: sees(task.project, actor) && !task.isDeleted,
    };
  },
  moveTask(world, actor, one, two) {
    const [task, target] = [pick(world.tasks, one), pick(world.projects, two) as Project];
    if (!task) return undefined;
    return {
      request: ["PATCH", `/api/tasks/${task.id}`, { projectId: target.id }],
      allowed: !task.isDeleted && [task.project, target].every((each) => has(EDIT, each, actor)),
      seen: sees(task.project, actor) && !task.isDeleted,
      done() {
        task.project = target;
      },
    };
  },
  deleteTask(world, actor, one) {
    const task = pick(world.tasks, one);
    if (!task) return undefined;
    return {
      request: ["DELETE", `/api/tasks/${task.id}`],
      allowed: has(EDIT, task.project, actor) && !task.isDeleted,
      seen: sees(task.project, actor) && !task.isDeleted,
      done() {
        task.isDeleted = true;
      },
    };
  },
  restoreTask(world, actor, one) {
    const task = pick(world.tasks, one);
    if (!task) return undefined;
    return {
      request: ["POST", `/api/trash/${task.id}/restore`],
      allowed: has(EDIT, task.project, actor) && task.isDeleted,
      seen: sees(task.project, actor) && task.isDeleted,
      done() {
        task.isDeleted = false;
      },
    };
  },
  offer(world, actor, one, two, three) {
    const [project, person] = [pick(world.projects, one) as Project, pick([...world.people, undefined], two)];
    const role = pick(["editor", "viewer"] as const, three) as Role;
    return {
      request: ["POST", `/api/projects/${project.id}/invites`, { role, ...(person && { username: person.username }) }],
      allowed: has(MANAGE, project, actor) && !(person && project.roles.has(person)),
      seen: project.roles.has(actor),
      done(body) {
        if (person) endOffers(world, (offer) => offer.project === project && offer.person === person);
        world.offers.push({ id: body.id ?? "", project, role, by: actor, person, secret: body.secret ?? null });
      },
    };
  },
  accept(world, actor, one, two) {
    // Mostly one that the actor can accept.
    const own = world.offers.filter(({ person }) => person === undefined || person === actor);
    const offer = pick(two % 4 > 0 && own.length > 0 ? own : world.offers, one);
    if (!offer) return undefined;
    const { project, person, secret, id, role } = offer;
    const seen = person === undefined || person === actor;
    return {
      request: secret ? ["POST", "/api/invites/accept", { secret }] : ["POST", `/api/invites/${id}/accept`],
      allowed: seen && !project.roles.has(actor),
      seen,
      done() {
        project.roles.set(actor, role);
        endOffers(world, (each) => each.project === project && each.person === actor);
      },
    };
  },
  setRole(world, actor, one, two, three) {
    const [project, person] = [pick(world.projects, one) as Project, pick(world.people, two) as Person];
    const role = pick(["owner", "editor", "viewer"] as const, three) as Role;
    const before = project.roles.get(person);
    return {
      request: ["PATCH", `/api/projects/${project.id}/members/${person.id}`, { role }],
      allowed: has(MANAGE, project, actor) && !!before && !(isLastOwner(project, person) && role !== "owner"),
      seen: project.roles.has(actor),
      done() {
        project.roles.set(person, role);
        if (before === "owner" && role !== "owner")
          endOffers(world, (offer) => offer.project === project && offer.by === person);
      },
    };
  },
  remove(world, actor, one, two) {
    const [project, person] = [pick(world.projects, one) as Project, pick(world.people, two) as Person];
    const may = actor === person ? project.roles.has(actor) : has(MANAGE, project, actor);
    return {
      request: ["DELETE", `/api/projects/${project.id}/members/${person.id}`],
      allowed: may && project.roles.has(person) && !isLastOwner(project, person),
      seen: project.roles.has(actor),
      done() {
        if (project.roles.get(person) === "owner")
          endOffers(world, (offer) => offer.project === project && offer.by === person);
        project.roles.delete(person);
      },
    };
  },
  deleteProject(world, actor, one) {
    const project = pick(world.projects, one) as Project;
    return {
      request: ["DELETE", `/api/projects/${project.id}`],
      allowed: has(MANAGE, project, actor),
      seen: sees(project, actor),
      done() {
        project.isDeleted = true;
        endOffers(world, (offer) => offer.project === project);
      },
    };
  },
  restoreProject(world, actor, one) {
    const project = pick(world.projects, one) as Project;
    return {
      request: ["POST", `/api/projects/${project.id}/restore`],
      allowed: project.isDeleted && project.roles.get(actor) === "owner",
      seen: project.isDeleted && project.roles.has(actor),
      done() {
        project.isDeleted = false;
      },
    };
  },
};

it("allows in every sequence of role changes and actions what the roles allow, and shows nothing else", async () => {
  const step = fc.record({
    plan: fc.constantFrom(...Object.keys(PLANS), "accept", "accept", "offer", "setRole"),
    actor: fc.nat(2),
    ...numbers,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 60, size: "max" }), async (steps) => {
      const people: Person[] = [];
      for (let number = 0; number < 3; number++) {
        const client = await signUp(program.url);
        people.push({ ...client, id: await idOf(client) });
      }
      const projects = await Promise.all(
        people.slice(0, 2).map(async (owner): Promise<Project> => {
          const { id } = await createProject(owner, "Shared");
          return { id, roles: new Map([[owner, "owner"]]), isDeleted: false };
        }),
      );
      const [first, second] = projects as [Project, Project];
      const [ada, bob, eve] = people as [Person, Person, Person];
      for (const [project, owner, person, role] of [
        [first, ada, bob, "editor"],
        [first, ada, eve, "viewer"],
        [second, bob, eve, "editor"],
      ] as const) {
        await share(owner, project, person, role);
        project.roles.set(person, role);
      }
      const world: World = { people, projects, tasks: [], offers: [], changes: [] };
      for (const { plan, actor: number, one, two, three } of steps) {
        const actor = people[number] as Person;
        const planned = PLANS[plan]?.(world, actor, one, two, three);
        if (!planned) continue;
        const [method, path, json] = planned.request;
        const response = await actor.send(path, { method, json });
        const body = response.status === 204 ? {} : await response.json();
        expect([plan, response.ok, response.status]).toEqual([plan, planned.allowed, response.status]);
        if (!planned.seen) expect([plan, response.status]).toEqual([plan, 404]);
        if (response.ok) planned.done?.(body, response);
        // Whoever is next sees their projects and what is in them, and nothing else.
        const reader = pick(people, one + two) as Person;
        const list = async (path: string) =>
          ((await (await reader.send(path)).json()) as { items: { id: string; inbox?: boolean }[] }).items
            .filter(({ inbox }) => !inbox)
            .map(({ id }) => id)
            .sort();
        const own = projects.filter((project) => sees(project, reader));
        expect(await list("/api/projects")).toEqual(own.map(({ id }) => id).sort());
        const visible = world.tasks.filter((task) => own.includes(task.project) && !task.isDeleted);
        expect(await list("/api/tasks?limit=200")).toEqual(visible.map(({ id }) => id).sort());
        // An undo is allowed only where the change would be.
        const change = pick(world.changes, three);
        if (change && three % 7 === 0 && !has(change.needs, change.project, reader)) {
          const undone = await reader.send(`/api/changes/${change.id}/undo`, { method: "POST" });
          expect(undone.ok).toBe(false);
        }
      }
    }),
    { numRuns: 40, interruptAfterTimeLimit: 60_000, endOnFailure: true },
  );
});

import type { Role } from "../../src/actor.ts";
import type { Issue } from "../../src/errors.ts";
import type { Project } from "../../src/features/projects/model.ts";
import { DEFAULT_DAYS, DEFAULT_USES, INVITE_ROLES } from "../../src/features/sharing/model.ts";
import { Field } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import { ROLE_NOTES, RoleSelect } from "./roles.tsx";

export interface InviteDraft {
  readonly username?: string | undefined;
  readonly role?: Role | undefined;
}

interface FormProps {
  project: Pick<Project, "id">;
  draft?: InviteDraft | undefined;
  issues?: readonly Issue[];
  problem?: string | undefined;
}

/** Invites an account by its username. */
export const InviteForm = ({ project, draft = {}, issues = [], problem }: FormProps) => (
  <form class="sheet invite-form" method="post" action={`/projects/${project.id}/members`} novalidate>
    {problem ? (
      <p class="form-problem" role="alert" safe>
        {problem}
      </p>
    ) : null}
    <Field name="username" label="Username" value={draft.username ?? ""} autocomplete="off" issues={issues} />
    <div class="field">
      <label class="form-label" for="invite-role">
        Role
      </label>
      <RoleSelect id="invite-role" roles={INVITE_ROLES} value={draft.role} />
    </div>
    <button class="btn btn-primary" type="submit">
      Invite
    </button>
    <p class="form-text" safe>{`An editor ${ROLE_NOTES.editor}, a viewer ${ROLE_NOTES.viewer}.`}</p>
  </form>
);

const DAYS = [1, 7, DEFAULT_DAYS, 30, 90];
const USES = [1, 5, DEFAULT_USES, 25, 100];

/** Creates a link with which any account can join. */
export const LinkForm = ({ project }: Pick<FormProps, "project">) => (
  <form class="sheet invite-form" method="post" action={`/projects/${project.id}/members`}>
    <h2>Share a link</h2>
    <p class="form-text">Whoever has the link and an account can join, until it expires or you revoke it.</p>
    <div class="field">
      <label class="form-label" for="link-role">
        Role
      </label>
      <RoleSelect id="link-role" roles={INVITE_ROLES} value="viewer" />
    </div>
    <div class="field">
      <label class="form-label" for="link-days">
        Expires in
      </label>
      <select class="form-select" id="link-days" name="expiresInDays" autocomplete="off">
        {DAYS.map((days) => (
          <option value={String(days)} selected={days === DEFAULT_DAYS} safe>
            {days === 1 ? "1 day" : `${days} days`}
          </option>
        ))}
      </select>
    </div>
    <div class="field">
      <label class="form-label" for="link-uses">
        For
      </label>
      <select class="form-select" id="link-uses" name="maxUses" autocomplete="off">
        {USES.map((uses) => (
          <option value={String(uses)} selected={uses === DEFAULT_USES} safe>
            {uses === 1 ? "1 person" : `${uses} people`}
          </option>
        ))}
      </select>
    </div>
    <button class="btn btn-quiet" type="submit">
      <Icon name="link" /> Create link
    </button>
  </form>
);

/** A link that was just created. The script shows its whole address, and copies it. */
export const NewLink = ({ secret }: { secret: string }) => (
  <section class="sheet new-link" aria-labelledby="new-link-title">
    <h2 id="new-link-title">Your link</h2>
    <p>Copy it now: it is not shown again.</p>
    <p class="new-link-line">
      <a id="new-link" href={`/invites/link/${secret}`}>
        Link to join the project
      </a>
      <button class="btn btn-primary needs-script" type="button" data-copy="new-link">
        Copy
      </button>
    </p>
    <p class="form-text" id="copied" role="status"></p>
  </section>
);

import type { Calendar } from "../../src/calendar.ts";
import type { Issue } from "../../src/errors.ts";
import type { Project } from "../../src/features/projects/model.ts";
import type { Invite, Member } from "../../src/features/sharing/model.ts";
import type { Frame } from "../../src/http/pages.ts";
import { attribute } from "../ui/attribute.ts";
import { FormKey } from "../ui/form-key.tsx";
import { Icon } from "../ui/icon.tsx";
import { Initials } from "../ui/initials.tsx";
import { Layout } from "../ui/layout.tsx";
import { Moment } from "../ui/moment.tsx";
import { plural } from "../ui/plural.ts";
import { type InviteDraft, InviteForm, LinkForm, NewLink } from "./invite-forms.tsx";
import { ROLE_LABELS, RoleSelect } from "./roles.tsx";

interface MembersPageProps {
  frame: Frame;
  project: Project;
  members: readonly Member[];
  /** The open invites, for an owner. */
  invites: readonly Invite[];
  /** What was typed into the form for an invite and rejected. */
  draft?: InviteDraft | undefined;
  issues?: readonly Issue[];
  problem?: string | undefined;
  /** The secret of a link that was just created: it is shown once. */
  secret?: string | undefined;
}

/** The members of a project; for an owner also its invites. */
export function MembersPage({ frame, project, members, invites, secret, ...form }: MembersPageProps) {
  const isOwner = project.role === "owner";
  const back = `/projects/${project.id}`;
  return (
    <Layout title={`Members of ${project.name}`} frame={frame} current={back}>
      <div class="column">
        <p class="panel-top">
          <a class="quiet-link" href={back}>
            <Icon name="arrow-left" /> <span safe>{project.name}</span>
          </a>
        </p>
        <h1>{isOwner ? "Share" : "Members"}</h1>
        {secret ? <NewLink secret={secret} /> : null}
        {isOwner ? <InviteForm project={project} {...form} /> : null}
        <div id="live">
          <MemberList frame={frame} project={project} members={members} />
          {invites.length > 0 ? <InviteList frame={frame} project={project} invites={invites} /> : null}
        </div>
        {isOwner ? <LinkForm project={project} /> : null}
      </div>
    </Layout>
  );
}

function MemberList({ frame, project, members }: Pick<MembersPageProps, "frame" | "project" | "members">) {
  const isOwner = project.role === "owner";
  const isLastOwner = isOwner && members.filter(({ role }) => role === "owner").length === 1;
  return (
    <section class="sheet" aria-labelledby="members">
      <h2 id="members" safe>
        {plural(members.length, "member")}
      </h2>
      <ul class="people">
        {members.map((member) => {
          const isSelf = member.id === frame.actor?.user.id;
          return (
            <li class="person" id={`member-${member.id}`}>
              <Initials username={member.username} />
              <span class="person-name">
                <span safe>{member.username}</span>
                {isSelf ? <span class="quiet"> (you)</span> : null}
              </span>
              {isOwner ? (
                <RoleForm project={project} member={member} />
              ) : (
                <span class="quiet" safe>
                  {ROLE_LABELS[member.role]}
                </span>
              )}
              {(isSelf && !isLastOwner) || (isOwner && !isSelf) ? (
                <RemoveForm project={project} member={member} isSelf={isSelf} formKey={frame.formKey} />
              ) : null}
            </li>
          );
        })}
      </ul>
      {isLastOwner && members.length > 1 ? (
        <p class="form-text">You are the only owner. To hand the project over, make another member an owner first.</p>
      ) : null}
    </section>
  );
}

interface MemberFormProps {
  project: Project;
  member: Member;
}

const RoleForm = ({ project, member: { id, username, role } }: MemberFormProps) => (
  <form
    class="role-form"
    method="post"
    action={`/projects/${project.id}/members/${id}`}
    hx-post={`/projects/${project.id}/members/${id}`}
    hx-trigger="change"
    hx-swap="none"
  >
    <RoleSelect id={`role-${id}`} label={`Role of ${username}`} value={role} />
    <button class="btn btn-quiet needs-no-script" type="submit">
      Apply
    </button>
  </form>
);

const RemoveForm = ({
  project,
  member: { id, username },
  isSelf,
  formKey,
}: MemberFormProps & { isSelf: boolean; formKey: string | undefined }) => (
  <form method="post" action={`/projects/${project.id}/members/${id}/removal`}>
    <FormKey value={formKey} />
    <button
      class="btn btn-quiet btn-danger-quiet"
      type="submit"
      aria-label={attribute(isSelf ? `Leave ${project.name}` : `Remove ${username}`)}
    >
      {isSelf ? "Leave" : "Remove"}
    </button>
  </form>
);

const InviteList = ({ frame, project, invites }: Pick<MembersPageProps, "frame" | "project" | "invites">) => (
  <section class="sheet" aria-labelledby="invites">
    <h2 id="invites">Open invites</h2>
    <ul class="people">
      {invites.map((invite) => (
        <li class="person" id={`invite-${invite.id}`}>
          {invite.username === null ? (
            <span class="initials">
              <Icon name="link" />
            </span>
          ) : (
            <Initials username={invite.username} />
          )}
          <InviteText invite={invite} calendar={frame.calendar} />
          <form method="post" action={`/projects/${project.id}/invites/${invite.id}/revocation`}>
            <FormKey value={frame.formKey} />
            <button
              class="btn btn-quiet"
              type="submit"
              aria-label={attribute(invite.username === null ? "Revoke this link" : `Revoke: ${invite.username}`)}
            >
              Revoke
            </button>
          </form>
        </li>
      ))}
    </ul>
  </section>
);

function InviteText({ invite, calendar }: { invite: Invite; calendar: Calendar }) {
  const { username, role, uses, maxUses, invitedBy } = invite;
  const used = username === null ? `, used ${uses} of ${plural(maxUses, "time")}` : "";
  return (
    <span class="person-name">
      <span safe>{username ?? "Link"}</span>
      <span class="person-note">
        <span safe>{`${ROLE_LABELS[role]}${used}, by ${invitedBy}`}</span>, until{" "}
        <Moment at={invite.expiresAt} calendar={calendar} />
      </span>
    </span>
  );
}

import type { PendingInvite } from "../../src/features/sharing/model.ts";
import type { Frame } from "../../src/http/pages.ts";
import { attribute } from "../ui/attribute.ts";
import { FormKey } from "../ui/form-key.tsx";
import { Layout } from "../ui/layout.tsx";
import { Moment } from "../ui/moment.tsx";
import { ROLE_LABELS, ROLE_NOTES } from "./roles.tsx";

interface InvitesPageProps {
  frame: Frame;
  invites: readonly PendingInvite[];
}

/** The invites of an account. */
export const InvitesPage = ({ frame, invites }: InvitesPageProps) => (
  <Layout title="Invites" frame={frame}>
    <div class="column">
      <h1>Invites</h1>
      <div id="live">
        {invites.length === 0 ? (
          <p class="lead-note">No invites. When someone shares a project with you, it appears here.</p>
        ) : null}
        <ul class="people">
          {invites.map((invite) => (
            <li class="person" id={`invite-${invite.id}`}>
              <span class="person-name">
                <b dir="auto" safe>
                  {invite.project}
                </b>
                <span class="person-note">
                  <span safe>{`${ROLE_LABELS[invite.role]}, by ${invite.invitedBy}`}</span>, until{" "}
                  <Moment at={invite.expiresAt} calendar={frame.calendar} />
                </span>
              </span>
              <AnswerForm invite={invite} answer="acceptance" label="Accept" formKey={frame.formKey} />
              <AnswerForm invite={invite} answer="refusal" label="Decline" formKey={frame.formKey} />
            </li>
          ))}
        </ul>
      </div>
    </div>
  </Layout>
);

const AnswerForm = ({
  invite: { id, project },
  answer,
  label,
  formKey,
}: {
  invite: PendingInvite;
  answer: "acceptance" | "refusal";
  label: "Accept" | "Decline";
  formKey: string | undefined;
}) => (
  <form method="post" action={`/invites/${id}/${answer}`}>
    <FormKey value={formKey} />
    <button
      class={answer === "acceptance" ? "btn btn-primary" : "btn btn-quiet"}
      type="submit"
      aria-label={attribute(`${label}: ${project}`)}
    >
      {label}
    </button>
  </form>
);

/** What a link offers: the reader joins, or doesn't. */
export const LinkPage = ({ frame, offer, secret }: { frame: Frame; offer: PendingInvite; secret: string }) => (
  <Layout title={`Join ${offer.project}`} frame={frame}>
    <div class="column">
      <form class="sheet" method="post" action="/invites/link">
        <FormKey value={frame.formKey} />
        <input type="hidden" name="secret" value={attribute(secret)} />
        <h1 dir="auto" safe>{`Join “${offer.project}”?`}</h1>
        <p
          safe
        >{`${offer.invitedBy} invites you as ${offer.role === "editor" ? "an editor" : "a viewer"}, who ${ROLE_NOTES[offer.role]}.`}</p>
        <p class="form-actions">
          <button class="btn btn-primary" type="submit">
            Accept
          </button>{" "}
          <a class="btn btn-quiet" href="/tasks">
            Decline
          </a>
        </p>
      </form>
    </div>
  </Layout>
);

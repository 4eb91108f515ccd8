import { type Static, t } from "elysia";
import { ROLES } from "../../actor.ts";
import { Choice, Count, Integer, strict, Text } from "../../validation/types.ts";

/** The most invites of a project that are open at the same time. */
export const MAX_INVITES = 100;
/** Roles that an invite can give. Only an owner makes another member an owner. */
export const INVITE_ROLES = ["editor", "viewer"] as const;
export const DEFAULT_DAYS = 14;
export const DEFAULT_USES = 10;

const ROLE_TITLE = "Role";
const role = Choice(ROLES, {
  title: ROLE_TITLE,
  description: "An owner may change the project and its members, an editor its tasks, and a viewer nothing.",
  examples: ["editor"],
});
const inviteRole = Choice(INVITE_ROLES, { title: ROLE_TITLE, examples: ["editor"] });

const id = t.String({ format: "uuid" });
const time = t.String({ format: "date-time" });

const exampleMember = { id: "019aab2c-7f3e-7000-8b2a-3d5e6f708192", username: "ada", role: "owner" };

export const Member = t.Object(
  { id: t.String({ format: "uuid", description: "The id of the account." }), username: t.String(), role },
  { ...strict, examples: [exampleMember] },
);
export type Member = Static<typeof Member>;

export const MemberList = t.Object({ items: t.Array(Member) }, { ...strict, examples: [{ items: [exampleMember] }] });
export type MemberList = Static<typeof MemberList>;

export const MemberPatch = t.Object({ role }, strict);

export const MemberId = t.Object({
  id: t.String({ title: "Id", description: "The id of the project." }),
  accountId: t.String({ title: "Account", description: "The id of the member's account." }),
});

export const InviteInput = t.Object(
  {
    role: inviteRole,
    username: t.Optional(
      Text({
        title: "Username",
        minLength: 1,
        maxLength: 64,
        description: "The account to invite, in any case. Without it, you get a link.",
        examples: ["grace"],
      }),
    ),
    expiresInDays: t.Optional(Count({ title: "Days", minimum: 1, maximum: 90, default: DEFAULT_DAYS })),
    maxUses: t.Optional(
      Count({
        title: "Uses",
        minimum: 1,
        maximum: 100,
        description: `How many accounts can join with a link; ${DEFAULT_USES} by default. Only for a link.`,
      }),
    ),
  },
  strict,
);
export type InviteInput = Static<typeof InviteInput>;

export const InviteId = t.Object({
  id: t.String({ title: "Id", description: "The id of the project." }),
  inviteId: t.String({ title: "Invite", description: "The id of the invite." }),
});

export const PendingInviteId = t.Object({ id: t.String({ title: "Id", description: "The id of the invite." }) });

const invite = {
  id,
  username: t.Union([t.String(), t.Null()], { description: "Who is invited; null for a link." }),
  role: inviteRole,
  invitedBy: t.String({ description: "The username of the owner who invites." }),
  maxUses: Integer({ description: "How many accounts can join with a link." }),
  uses: Integer({ description: "How many have." }),
  expiresAt: time,
  createdAt: time,
};
const exampleInvite = {
  id: "019aab2c-7f3e-7000-8b2a-3d5e6f708195",
  username: null,
  role: "editor",
  invitedBy: "ada",
  maxUses: 10,
  uses: 2,
  expiresAt: "2026-05-17T09:30:00.000Z",
  createdAt: "2026-05-03T09:30:00.000Z",
};

export const Invite = t.Object(invite, { ...strict, examples: [exampleInvite] });
export type Invite = Static<typeof Invite>;

export const InviteList = t.Object({ items: t.Array(Invite) }, { ...strict, examples: [{ items: [exampleInvite] }] });

export const NewInvite = t.Object(
  {
    ...invite,
    secret: t.Union([t.String(), t.Null()], {
      description: "The secret of a link, which is at /invites/link/SECRET. It is returned only this once.",
    }),
  },
  { ...strict, examples: [{ ...exampleInvite, uses: 0, secret: "the-secret-of-the-link" }] },
);
export type NewInvite = Static<typeof NewInvite>;

const exampleOffer = {
  id: "019aab2c-7f3e-7000-8b2a-3d5e6f708195",
  project: "Launch",
  role: "editor",
  invitedBy: "ada",
  expiresAt: "2026-05-17T09:30:00.000Z",
};

/** An invite as the invited account sees it. */
export const PendingInvite = t.Object(
  {
    id,
    project: t.String({ description: "The name of the project. You see no more of it until you accept." }),
    role: inviteRole,
    invitedBy: t.String(),
    expiresAt: time,
  },
  { ...strict, examples: [exampleOffer] },
);
export type PendingInvite = Static<typeof PendingInvite>;

export const PendingInviteList = t.Object(
  { items: t.Array(PendingInvite) },
  { ...strict, examples: [{ items: [exampleOffer] }] },
);

export const LinkSecret = t.Object(
  { secret: Text({ title: "Secret", minLength: 1, maxLength: 100, examples: ["the-secret-of-the-link"] }) },
  strict,
);

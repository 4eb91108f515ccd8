import type { Role } from "../../src/actor.ts";

export const ROLE_LABELS: Record<Role, string> = { owner: "Owner", editor: "Editor", viewer: "Viewer" };

/** What a member may do. */
export const ROLE_NOTES: Record<Role, string> = {
  owner: "can change the project and its members",
  editor: "can add and change tasks",
  viewer: "can view the project",
};

interface RoleSelectProps {
  id: string;
  /** For screen readers, where nothing else names it. */
  label?: string;
  value?: Role;
  roles?: readonly Role[];
}

export const RoleSelect = ({ id, label, value, roles = ["owner", "editor", "viewer"] }: RoleSelectProps) => (
  <select class="form-select" id={id} name="role" aria-label={label} autocomplete="off">
    {roles.map((role) => (
      <option value={role} selected={role === value} safe>
        {ROLE_LABELS[role]}
      </option>
    ))}
  </select>
);

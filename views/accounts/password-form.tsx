import type { Issue } from "../../src/errors.ts";
import { attribute } from "../ui/attribute.ts";
import { Field } from "../ui/field.tsx";

interface PasswordFormProps {
  username: string;
  issues: readonly Issue[];
  problem: string | undefined;
}

/** Morphed, so that typed passwords stay although the response does not contain them. */
export const PasswordForm = ({ username, issues, problem }: PasswordFormProps) => (
  <section class="sheet" aria-labelledby="password-heading">
    <h2 id="password-heading">Password</h2>
    <form
      id="change-password"
      class="narrow"
      method="post"
      action="/account/password"
      hx-post="/account/password"
      hx-target="this"
      hx-select="#change-password"
      hx-swap="outerMorph"
      novalidate
    >
      <p class="form-problem" role="alert" hidden={!problem} safe>
        {problem ?? ""}
      </p>
      {/* For password managers. */}
      <input type="text" name="username" autocomplete="username" value={attribute(username)} hidden />
      <Field
        name="currentPassword"
        label="Current password"
        type="password"
        autocomplete="current-password"
        issues={issues}
      />
      <Field
        name="newPassword"
        label="New password"
        type="password"
        autocomplete="new-password"
        hint="At least 10 characters. Several words work well. All other sessions end."
        issues={issues}
      />
      <button class="btn btn-quiet" type="submit">
        Change password
      </button>
    </form>
  </section>
);

import type { PropsWithChildren } from "@kitajs/html";
import type { Issue } from "../../src/errors.ts";
import type { Frame } from "../../src/http/pages.ts";
import { attribute } from "../ui/attribute.ts";
import { Field, issueOf } from "../ui/field.tsx";
import { FormKey } from "../ui/form-key.tsx";
import { Layout } from "../ui/layout.tsx";

interface FormPage {
  frame: Frame;
  values?: Record<string, string>;
  issues?: readonly Issue[];
  /** What is wrong with the form as a whole. */
  problem?: string | undefined;
  /** The page to open after signing in. */
  next?: string | undefined;
}

const withNext = (path: string, next: string | undefined) => (next ? `${path}?next=${encodeURIComponent(next)}` : path);

interface CredentialsFormProps {
  title: string;
  heading: string;
  path: "/register" | "/login" | "/reset-password";
  button: string;
  problem: string | undefined;
  next?: string | undefined;
  /** A note below the form. */
  note?: string;
  other: { question: string; path: string; link: string };
}

/** A form with credentials, and the link to the other one. */
function CredentialsForm({
  title,
  heading,
  path,
  button,
  problem,
  next,
  note,
  other,
  frame,
  children,
}: PropsWithChildren<CredentialsFormProps & { frame: Frame }>) {
  const address = withNext(path, next);
  return (
    <Layout title={title} frame={frame}>
      <section class="card-sheet">
        <h1 safe>{heading}</h1>
        {/* Morphed, so that a typed password stays although the response does not contain it. */}
        <form
          id="credentials"
          method="post"
          action={address}
          hx-post={address}
          hx-target="this"
          hx-select="#credentials"
          hx-swap="outerMorph"
          novalidate
        >
          <FormKey value={frame.formKey} />
          <p class="form-problem" role="alert" hidden={!problem} safe>
            {problem ?? ""}
          </p>
          {children}
          <button class="btn btn-primary w-100" type="submit" safe>
            {button}
          </button>
        </form>
        <p class="aside">
          <span safe>{other.question}</span>{" "}
          <a href={withNext(other.path, next)} safe>
            {other.link}
          </a>
        </p>
        {note ? (
          <p class="aside" safe>
            {note}
          </p>
        ) : null}
      </section>
    </Layout>
  );
}

export const RegisterPage = ({ frame, values = {}, issues = [], problem, next }: FormPage) => (
  <CredentialsForm
    title="Sign up"
    heading="Create your account"
    path="/register"
    button="Create account"
    other={{ question: "Already have an account?", path: "/login", link: "Sign in" }}
    {...{ frame, problem, next }}
  >
    <Field
      name="username"
      label="Username"
      value={values.username}
      autocomplete="username"
      hint="Letters, digits, dots, hyphens and underscores."
      issues={issues}
      autofocus
    />
    <Field name="email" label="Email" type="email" value={values.email} autocomplete="email" issues={issues} />
    <Field
      name="password"
      label="Password"
      type="password"
      autocomplete="new-password"
      hint="At least 10 characters. Several words work well."
      issues={issues}
    />
  </CredentialsForm>
);

export const SignInPage = ({ frame, values = {}, issues = [], problem, next }: FormPage) => (
  <CredentialsForm
    title="Sign in"
    heading="Welcome back"
    path="/login"
    button="Sign in"
    note="Forgot your password? Ask the administrator of this server for a link to set a new one."
    other={{ question: "New here?", path: "/register", link: "Create an account" }}
    {...{ frame, problem, next }}
  >
    <Field
      name="username"
      label="Username or email"
      value={values.username}
      autocomplete="username"
      issues={issues}
      autofocus
    />
    <Field name="password" label="Password" type="password" autocomplete="current-password" issues={issues} />
  </CredentialsForm>
);

/**
 * The script takes the token from the link. Without it, people paste the link: the part after the "#" reaches no server,
 * so the token is in no log.
 */
export const ResetPasswordPage = ({ frame, values = {}, issues = [], problem }: FormPage) => (
  <CredentialsForm
    title="Set a new password"
    heading="Set a new password"
    path="/reset-password"
    button="Set password"
    other={{ question: "Remember it after all?", path: "/login", link: "Sign in" }}
    {...{ frame, problem }}
  >
    {values.token && !issueOf(issues, "token") ? (
      <input type="hidden" name="token" value={attribute(values.token)} />
    ) : (
      <Field
        name="token"
        label="Link"
        value={values.token}
        autocomplete="off"
        hint="Paste the whole link that you received."
        issues={issues}
        autofocus
      />
    )}
    <Field
      name="password"
      label="New password"
      type="password"
      autocomplete="new-password"
      hint="At least 10 characters. Several words work well. All sessions of your account end."
      issues={issues}
    />
  </CredentialsForm>
);

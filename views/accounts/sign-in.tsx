import type { PropsWithChildren } from "@kitajs/html";
import type { Issue } from "../../src/errors.ts";
import type { Theme } from "../../src/http/pages.ts";
import { Field } from "../ui/field.tsx";
import { Layout } from "../ui/layout.tsx";

interface FormPage {
  theme: Theme;
  values?: Record<string, string>;
  issues?: readonly Issue[];
  /** What is wrong with the whole, not with one field. */
  problem?: string | undefined;
  /** Where to go on to. */
  next?: string | undefined;
}

const withNext = (path: string, next: string | undefined) => (next ? `${path}?next=${encodeURIComponent(next)}` : path);

interface DoorProps {
  title: string;
  heading: string;
  path: "/register" | "/login";
  button: string;
  problem: string | undefined;
  next: string | undefined;
  other: { question: string; path: string; link: string };
}

/** A way in: the form, what is wrong with it as a whole, and the way to the other one. */
function Door({
  title,
  heading,
  path,
  button,
  problem,
  next,
  other,
  theme,
  children,
}: PropsWithChildren<DoorProps & { theme: Theme }>) {
  const address = withNext(path, next);
  return (
    <Layout title={title} theme={theme}>
      <section class="card-sheet">
        <h1 safe>{heading}</h1>
        {/* Morphed, so that a password that was typed stays without being sent back. */}
        <form
          id="door"
          method="post"
          action={address}
          hx-post={address}
          hx-target="this"
          hx-select="#door"
          hx-swap="outerMorph"
          novalidate
        >
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
      </section>
    </Layout>
  );
}

export const RegisterPage = ({ theme, values = {}, issues = [], problem, next }: FormPage) => (
  <Door
    title="Sign up"
    heading="Create your account"
    path="/register"
    button="Create account"
    other={{ question: "Have one already?", path: "/login", link: "Sign in" }}
    {...{ theme, problem, next }}
  >
    <Field
      name="username"
      label="Username"
      value={values.username}
      autocomplete="username"
      hint="Letters, digits, dots, hyphens."
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
  </Door>
);

export const SignInPage = ({ theme, values = {}, issues = [], problem, next }: FormPage) => (
  <Door
    title="Sign in"
    heading="Welcome back"
    path="/login"
    button="Sign in"
    other={{ question: "New here?", path: "/register", link: "Create an account" }}
    {...{ theme, problem, next }}
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
  </Door>
);

import type { Actor } from "../src/accounts/model.ts";
import type { Issue } from "../src/errors.ts";
import { THEMES, type Theme } from "../src/http/pages.ts";
import { Field } from "./field.tsx";
import { Layout } from "./layout.tsx";
import { Moment } from "./moment.tsx";

interface FormPage {
  theme: Theme;
  values?: Record<string, string>;
  issues?: readonly Issue[];
  /** What is wrong with the whole, not with one field. */
  problem?: string | undefined;
  /** Where to go on to. */
  next?: string | undefined;
}

const Problem = ({ message }: { message: string | undefined }) => (
  <p class="form-problem" role="alert" hidden={!message} safe>
    {message ?? ""}
  </p>
);

const withNext = (path: string, next: string | undefined) => (next ? `${path}?next=${encodeURIComponent(next)}` : path);

export function RegisterPage({ theme, values = {}, issues = [], problem, next }: FormPage) {
  return (
    <Layout title="Sign up" theme={theme}>
      <section class="card-sheet">
        <h1>Create your account</h1>
        <form
          id="register"
          method="post"
          action={withNext("/register", next)}
          hx-post={withNext("/register", next)}
          hx-target="this"
          hx-select="#register"
          hx-swap="outerMorph"
          novalidate
        >
          <Problem message={problem} />
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
          <button class="btn btn-primary w-100" type="submit">
            Create account
          </button>
        </form>
        <p class="aside">
          Have one already? <a href={withNext("/login", next)}>Sign in</a>
        </p>
      </section>
    </Layout>
  );
}

export function SignInPage({ theme, values = {}, issues = [], problem, next }: FormPage) {
  return (
    <Layout title="Sign in" theme={theme}>
      <section class="card-sheet">
        <h1>Welcome back</h1>
        <form
          id="login"
          method="post"
          action={withNext("/login", next)}
          hx-post={withNext("/login", next)}
          hx-target="this"
          hx-select="#login"
          hx-swap="outerMorph"
          novalidate
        >
          <Problem message={problem} />
          <Field
            name="username"
            label="Username or email"
            value={values.username}
            autocomplete="username"
            issues={issues}
            autofocus
          />
          <Field name="password" label="Password" type="password" autocomplete="current-password" issues={issues} />
          <button class="btn btn-primary w-100" type="submit">
            Sign in
          </button>
        </form>
        <p class="aside">
          New here? <a href={withNext("/register", next)}>Create an account</a>
        </p>
      </section>
    </Layout>
  );
}

const THEME_NAMES: Record<Theme, string> = { auto: "As the system", light: "Light", dark: "Dark" };

export function AccountPage({ actor, theme }: { actor: Actor; theme: Theme }) {
  const { user } = actor;
  return (
    <Layout title="Account" theme={theme} actor={actor}>
      <div class="column">
        <h1>Account</h1>
        <section class="sheet" aria-labelledby="who">
          <h2 id="who">You</h2>
          <dl class="facts">
            <dt>Username</dt>
            <dd safe>{user.username}</dd>
            <dt>Email</dt>
            <dd safe>{user.email}</dd>
            <dt>Member since</dt>
            <dd>
              <Moment at={user.createdAt} />
            </dd>
          </dl>
        </section>
        <section class="sheet" aria-labelledby="appearance">
          <h2 id="appearance">Appearance</h2>
          <form method="post" action="/account/theme" data-submit-on-change>
            <fieldset class="choices">
              <legend class="visually-hidden">Colours</legend>
              {THEMES.map((choice) => (
                <label class="choice">
                  <input type="radio" name="theme" value={choice} checked={choice === theme} />
                  <span safe>{THEME_NAMES[choice]}</span>
                </label>
              ))}
            </fieldset>
            <noscript>
              <button class="btn btn-quiet" type="submit">
                Use these colours
              </button>
            </noscript>
          </form>
        </section>
        <section class="sheet" aria-labelledby="programs">
          <h2 id="programs">Programs</h2>
          <p>
            Everything here can be scripted: <a href="/docs">the API, to read and to try</a>.
          </p>
        </section>
        <form method="post" action="/logout">
          <button class="btn btn-quiet" type="submit">
            Sign out
          </button>
        </form>
      </div>
    </Layout>
  );
}

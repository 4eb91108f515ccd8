import type { Frame } from "../../src/http/pages.ts";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";

const PROMISES = [
  ["Nothing is lost", "A change is on disk before you see it. Everything you delete can be restored."],
  ["Fast", "Type a line, press Enter. Everything works with keyboard, touch and screen reader."],
  ["Yours", "One program, one file, on your own machine. No page loads anything from another site."],
] as const;

export function LandingPage({ frame }: { frame: Frame }) {
  return (
    <Layout title="A calm place for your to-dos" frame={frame}>
      <div class="landing">
        <h1>A calm place for your to-dos.</h1>
        <p class="lead">A calm place for your to-dos, alone or with others.</p>
        <div class="landing-actions">
          <a class="btn btn-primary" href="/register">
            Create an account
          </a>
          <a class="btn btn-quiet" href="/login">
            Sign in
          </a>
        </div>
        <div class="sample" aria-hidden="true">
          {[
            ["high", "Send the offer to Marta", false],
            ["none", "Book the room for Thursday", false],
            ["none", "Water the plants", true],
          ].map(([priority, title, done]) => (
            <div class="sample-row" data-priority={String(priority)} data-completed={done ? "" : undefined}>
              <span class="tick-circle">
                <Icon name="check" />
              </span>
              <span safe>{String(title)}</span>
            </div>
          ))}
        </div>
        <ul class="promises">
          {PROMISES.map(([title, text]) => (
            <li>
              <h2>{title}</h2>
              <p>{text}</p>
            </li>
          ))}
        </ul>
      </div>
    </Layout>
  );
}

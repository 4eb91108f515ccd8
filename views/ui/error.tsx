import type { Theme } from "../../src/http/pages.ts";
import { Layout } from "./layout.tsx";

interface ErrorPageProps {
  theme: Theme;
  status: number;
  title: string;
  message: string;
  requestId: string;
}

export function ErrorPage({ theme, status, title, message, requestId }: ErrorPageProps) {
  return (
    <Layout title={title} theme={theme} bare>
      <section class="card-sheet error-page">
        <p class="error-status">{status}</p>
        <h1 safe>{title}</h1>
        <p safe>{message}</p>
        <a class="btn btn-primary" href="/">
          Go to your tasks
        </a>
        {status >= 500 && (
          <p class="aside">
            If it stays like this, tell whoever runs this TaskFlow the number <code safe>{requestId}</code>.
          </p>
        )}
      </section>
    </Layout>
  );
}

import type { Frame } from "../../src/http/pages.ts";
import { Layout } from "./layout.tsx";

interface ErrorPageProps {
  frame: Frame;
  status: number;
  title: string;
  message: string;
  requestId: string;
}

export function ErrorPage({ frame, status, title, message, requestId }: ErrorPageProps) {
  return (
    <Layout title={title} frame={frame} bare>
      <section class="card-sheet error-page">
        <p class="error-status">{status}</p>
        <h1 safe>{title}</h1>
        <p safe>{message}</p>
        <a class="btn btn-primary" href="/">
          Go to your tasks
        </a>
        {status >= 500 && (
          <p class="aside">
            If this happens again, give your administrator this request id: <code safe>{requestId}</code>.
          </p>
        )}
      </section>
    </Layout>
  );
}

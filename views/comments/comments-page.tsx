import type { Task } from "../../src/features/tasks/model.ts";
import type { Frame } from "../../src/http/pages.ts";
import { Icon } from "../ui/icon.tsx";
import { Layout } from "../ui/layout.tsx";
import { type CommentDraft, Comments, type CommentsProps } from "./comments.tsx";

interface CommentsPageProps {
  frame: Frame;
  task: Task;
  comments: CommentsProps;
  draft?: CommentDraft | undefined;
}

/** The comments of a task, as a page of their own. */
export const CommentsPage = ({ frame, task, comments, draft }: CommentsPageProps) => (
  <Layout title={`Comments: ${task.title}`} frame={frame}>
    <div class="column">
      <p class="panel-top">
        <a class="quiet-link" href={`/tasks/${task.id}`}>
          <Icon name="arrow-left" /> <span safe>{task.title}</span>
        </a>
      </p>
      <h1>Comments</h1>
      <Comments {...comments} draft={draft} />
    </div>
  </Layout>
);

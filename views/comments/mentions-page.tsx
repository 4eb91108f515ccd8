import type { Calendar } from "../../src/calendar.ts";
import type { Comment } from "../../src/features/comments/model.ts";
import { FORMER_NAME } from "../../src/features/projects/model.ts";
import type { Frame } from "../../src/http/pages.ts";
import { ActivityTabs } from "../changes/activity-tabs.tsx";
import { Layout } from "../ui/layout.tsx";
import { Moment } from "../ui/moment.tsx";
import { CommentText } from "./comments.tsx";

/** A comment that mentions the reader, with the title of its task. */
export interface Mention {
  readonly comment: Comment;
  readonly title: string;
}

/** Who mentioned the reader, the newest first. */
export const MentionsPage = ({ frame, mentions }: { frame: Frame; mentions: readonly Mention[] }) => (
  <Layout title="Mentions" frame={frame} current="/activity">
    <div class="column">
      <h1>Activity</h1>
      <ActivityTabs current="mentions" />
      <div id="live">
        <ol class="comment-list mentions">
          {mentions.map((mention) => (
            <MentionRow {...mention} calendar={frame.calendar} me={frame.actor?.user.username ?? ""} />
          ))}
        </ol>
        {mentions.length === 0 ? (
          <p class="lead-note">No mentions yet. A comment with your username after an @ appears here.</p>
        ) : null}
      </div>
    </div>
  </Layout>
);

const MentionRow = ({ comment, title, calendar, me }: Mention & { calendar: Calendar; me: string }) => (
  <li class="comment" id={`mention-${comment.id}`}>
    <div class="comment-content">
      <p class="comment-head">
        <bdi class="comment-author" safe>
          {comment.author ?? FORMER_NAME}
        </bdi>
        <Moment at={comment.createdAt} calendar={calendar} />
        <a href={`/comments/${comment.id}`} dir="auto" safe>
          {title}
        </a>
      </p>
      <CommentText text={comment.text} names={[me]} />
    </div>
  </li>
);

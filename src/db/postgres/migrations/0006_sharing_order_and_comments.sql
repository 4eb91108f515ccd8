CREATE TABLE "comments" (
	"project_id" text COLLATE "C" NOT NULL,
	"id" text COLLATE "C" NOT NULL,
	"task_id" text COLLATE "C" NOT NULL,
	"author_id" text COLLATE "C" NOT NULL,
	"text" text COLLATE "C" NOT NULL,
	"edited_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "comments_project_id_id_pk" PRIMARY KEY("project_id","id")
);
--> statement-breakpoint
CREATE TABLE "completions" (
	"project_id" text COLLATE "C" NOT NULL,
	"task_id" text COLLATE "C" NOT NULL,
	"completed_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "completions_project_id_completed_at_task_id_pk" PRIMARY KEY("project_id","completed_at","task_id")
);
--> statement-breakpoint
CREATE TABLE "invites" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"project_id" text COLLATE "C" NOT NULL,
	"role" text COLLATE "C" NOT NULL,
	"account_id" text COLLATE "C",
	"secret_hash" text COLLATE "C",
	"invited_by" text COLLATE "C" NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"max_uses" integer NOT NULL,
	"uses" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "label_counts" (
	"project_id" text COLLATE "C" NOT NULL,
	"label_key" text COLLATE "C" NOT NULL,
	"label" text COLLATE "C" NOT NULL,
	"open" integer NOT NULL,
	"completed" integer NOT NULL,
	CONSTRAINT "label_counts_project_id_label_key_pk" PRIMARY KEY("project_id","label_key")
);
--> statement-breakpoint
CREATE TABLE "sections" (
	"project_id" text COLLATE "C" NOT NULL,
	"id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"position" text COLLATE "C" NOT NULL,
	"archived_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "sections_project_id_id_pk" PRIMARY KEY("project_id","id")
);
--> statement-breakpoint
CREATE TABLE "task_labels" (
	"project_id" text COLLATE "C" NOT NULL,
	"label_key" text COLLATE "C" NOT NULL,
	"task_id" text COLLATE "C" NOT NULL,
	"label" text COLLATE "C" NOT NULL,
	CONSTRAINT "task_labels_project_id_label_key_task_id_pk" PRIMARY KEY("project_id","label_key","task_id")
);
--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "last_seen_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "last_seen_change" bigint;--> statement-breakpoint
ALTER TABLE "members" ADD COLUMN "unread_after" bigint;--> statement-breakpoint
ALTER TABLE "tasks" DROP CONSTRAINT "tasks_priority";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "labels" text COLLATE "C" DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "assignee_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "section_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "parent_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "position" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "outline" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "comment_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "comments" ADD CONSTRAINT "comments_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "completions" ADD CONSTRAINT "completions_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_account_id_users_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invites" ADD CONSTRAINT "invites_invited_by_users_id_fk" FOREIGN KEY ("invited_by") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "label_counts" ADD CONSTRAINT "label_counts_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sections" ADD CONSTRAINT "sections_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_labels" ADD CONSTRAINT "task_labels_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "comments_by_task" ON "comments" USING btree ("project_id","task_id","id");--> statement-breakpoint
CREATE INDEX "comments_by_id" ON "comments" USING btree ("id");--> statement-breakpoint
CREATE INDEX "comments_in_trash" ON "comments" USING btree ("deleted_at") WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX "completions_by_task" ON "completions" USING btree ("project_id","task_id");--> statement-breakpoint
CREATE INDEX "invites_by_project" ON "invites" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "invites_by_account" ON "invites" USING btree ("account_id","id") WHERE account_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "invites_secret" ON "invites" USING btree ("secret_hash");--> statement-breakpoint
CREATE INDEX "invites_by_expiry" ON "invites" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "sections_by_id" ON "sections" USING btree ("id");--> statement-breakpoint
CREATE INDEX "sections_in_trash" ON "sections" USING btree ("deleted_at") WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX "task_labels_by_task" ON "task_labels" USING btree ("project_id","task_id");--> statement-breakpoint
-- added by hand: the completion that is known of each repeating task
INSERT INTO "completions" SELECT project_id, id, last_completed_at FROM "tasks" WHERE last_completed_at IS NOT NULL;--> statement-breakpoint
-- added by hand: existing tasks keep their order
UPDATE "tasks" SET "position" = place, "outline" = place || '-' || right("id", 6)
FROM (SELECT "id" AS task, 'j' || lpad((row_number() OVER (PARTITION BY "project_id" ORDER BY "id" DESC))::text, 10, '0') AS place FROM "tasks") AS places
WHERE "id" = task;--> statement-breakpoint
CREATE INDEX "tasks_by_start_date" ON "tasks" USING btree ("project_id","start_date","id") WHERE start_date is not null and due_key is null and completed_at is null and deleted_at is null;--> statement-breakpoint
CREATE INDEX "tasks_by_outline" ON "tasks" USING btree ("project_id","section_id","outline","id") WHERE completed_at is null and deleted_at is null;--> statement-breakpoint
CREATE INDEX "tasks_by_parent" ON "tasks" USING btree ("project_id","parent_id","id") WHERE parent_id is not null;--> statement-breakpoint
CREATE INDEX "tasks_by_assignee" ON "tasks" USING btree ("project_id","assignee_id","id") WHERE assignee_id is not null;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_priority" CHECK ("tasks"."priority" in ('none', 'low', 'medium', 'high'));
CREATE TABLE "projects" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"color" text COLLATE "C",
	"icon" text COLLATE "C",
	"archived_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "members" (
	"project_id" text COLLATE "C" NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"role" text COLLATE "C" NOT NULL,
	"position" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "members_project_id_account_id_pk" PRIMARY KEY("project_id","account_id"),
	CONSTRAINT "members_role" CHECK ("members"."role" in ('owner', 'editor', 'viewer'))
);
--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "members" ADD CONSTRAINT "members_account_id_users_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "members_by_account" ON "members" USING btree ("account_id","project_id");--> statement-breakpoint
CREATE INDEX "projects_in_trash" ON "projects" USING btree ("deleted_at") WHERE deleted_at is not null;--> statement-breakpoint
-- by hand: the Inbox of each account, which has its id
INSERT INTO projects (id, name, version, created_at, updated_at)
SELECT id, 'Inbox', 1, created_at, created_at FROM users;--> statement-breakpoint
INSERT INTO members (project_id, account_id, role, position, created_at)
SELECT id, id, 'owner', 0, created_at FROM users;--> statement-breakpoint
-- by hand: the values stay, so the columns are renamed
ALTER TABLE "changes" DROP CONSTRAINT "changes_account_id_users_id_fk";--> statement-breakpoint
ALTER TABLE "task_counts" DROP CONSTRAINT "task_counts_owner_id_users_id_fk";--> statement-breakpoint
ALTER TABLE "tasks" DROP CONSTRAINT "tasks_owner_id_users_id_fk";--> statement-breakpoint
ALTER TABLE "changes" RENAME COLUMN "account_id" TO "project_id";--> statement-breakpoint
ALTER TABLE "task_counts" RENAME COLUMN "owner_id" TO "project_id";--> statement-breakpoint
ALTER TABLE "tasks" RENAME COLUMN "owner_id" TO "project_id";--> statement-breakpoint
ALTER TABLE "task_counts" RENAME CONSTRAINT "task_counts_owner_id_priority_pk" TO "task_counts_project_id_priority_pk";--> statement-breakpoint
ALTER TABLE "tasks" RENAME CONSTRAINT "tasks_owner_id_id_pk" TO "tasks_project_id_id_pk";--> statement-breakpoint
ALTER TABLE "changes" ADD CONSTRAINT "changes_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_counts" ADD CONSTRAINT "task_counts_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_project_id_projects_id_fk" FOREIGN KEY ("project_id") REFERENCES "public"."projects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER INDEX "changes_by_account" RENAME TO "changes_by_project";--> statement-breakpoint
CREATE INDEX "tasks_by_id" ON "tasks" USING btree ("id");

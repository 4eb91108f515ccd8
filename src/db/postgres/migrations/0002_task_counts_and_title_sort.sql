CREATE TABLE "task_counts" (
	"owner_id" text COLLATE "C" NOT NULL,
	"priority" text COLLATE "C" NOT NULL,
	"open" integer NOT NULL,
	"completed" integer NOT NULL,
	"deleted" integer NOT NULL,
	CONSTRAINT "task_counts_owner_id_priority_pk" PRIMARY KEY("owner_id","priority")
);
--> statement-breakpoint
DROP INDEX "tasks_by_creation";--> statement-breakpoint
DROP INDEX "tasks_by_rank";--> statement-breakpoint
DROP INDEX "tasks_by_status";--> statement-breakpoint
DROP INDEX "changes_by_entity";--> statement-breakpoint
DROP INDEX "tasks_by_title";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "title_sort" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "task_counts" ADD CONSTRAINT "task_counts_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "changes_by_entity" ON "changes" USING btree ("entity_id","id");--> statement-breakpoint
CREATE INDEX "tasks_by_title" ON "tasks" USING btree ("owner_id","title_sort","id");--> statement-breakpoint
-- added by hand: the counts of the tasks that exist
INSERT INTO task_counts (owner_id, priority, open, completed, deleted)
SELECT owner_id, priority,
	count(CASE WHEN deleted_at IS NULL AND completed_at IS NULL THEN 1 END),
	count(CASE WHEN deleted_at IS NULL THEN completed_at END),
	count(deleted_at)
FROM tasks GROUP BY owner_id, priority;

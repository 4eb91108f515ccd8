ALTER TABLE "tasks" ADD COLUMN "due_date" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "due_time" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "time_zone" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "due_key" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "start_date" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "repeat" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "repeat_from" text COLLATE "C" DEFAULT 'dueDate' NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "last_completed_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "date_format" text COLLATE "C" DEFAULT 'dayMonth' NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "time_format" text COLLATE "C" DEFAULT '24h' NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "first_day_of_week" text COLLATE "C" DEFAULT 'monday' NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "start_page" text COLLATE "C" DEFAULT 'list' NOT NULL;--> statement-breakpoint
CREATE INDEX "tasks_by_due_date" ON "tasks" USING btree ("project_id","due_key","id") WHERE due_key is not null and completed_at is null and deleted_at is null;--> statement-breakpoint
CREATE INDEX "tasks_completed_by_due_date" ON "tasks" USING btree ("project_id","due_key","id") WHERE due_key is not null and completed_at is not null and deleted_at is null;
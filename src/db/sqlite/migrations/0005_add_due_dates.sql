ALTER TABLE `tasks` ADD `due_date` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `due_time` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `time_zone` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `due_key` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `start_date` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `repeat` text;--> statement-breakpoint
ALTER TABLE `tasks` ADD `repeat_from` text DEFAULT 'dueDate' NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `last_completed_at` integer;--> statement-breakpoint
CREATE INDEX `tasks_by_due_date` ON `tasks` (`project_id`,`due_key`,`id`) WHERE due_key is not null and completed_at is null and deleted_at is null;--> statement-breakpoint
CREATE INDEX `tasks_completed_by_due_date` ON `tasks` (`project_id`,`due_key`,`id`) WHERE due_key is not null and completed_at is not null and deleted_at is null;--> statement-breakpoint
ALTER TABLE `users` ADD `date_format` text DEFAULT 'dayMonth' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `time_format` text DEFAULT '24h' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `first_day_of_week` text DEFAULT 'monday' NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `start_page` text DEFAULT 'list' NOT NULL;
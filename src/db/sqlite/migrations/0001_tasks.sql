CREATE TABLE `heartbeat` (
	`id` integer PRIMARY KEY NOT NULL,
	`beat_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `tasks` (
	`owner_id` text NOT NULL,
	`id` text NOT NULL,
	`title` text NOT NULL,
	`title_key` text NOT NULL,
	`description` text NOT NULL,
	`description_key` text NOT NULL,
	`priority` text NOT NULL,
	`completed_at` integer,
	`deleted_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`owner_id`, `id`),
	FOREIGN KEY (`owner_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "tasks_priority" CHECK("tasks"."priority" in ('low', 'medium', 'high'))
) WITHOUT ROWID; -- added by hand: one owner's rows lie together on disk
--> statement-breakpoint
CREATE INDEX `tasks_by_creation` ON `tasks` (`owner_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_by_standing` ON `tasks` (`owner_id`,`deleted_at`,`priority`,`completed_at`);
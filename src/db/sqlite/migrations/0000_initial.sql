CREATE TABLE `changes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` text NOT NULL,
	`actor_id` text,
	`through` text NOT NULL,
	`entity` text NOT NULL,
	`entity_id` text NOT NULL,
	`verb` text NOT NULL,
	`before` text,
	`after` text,
	`action_id` integer,
	`undoes` integer,
	`at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `changes_by_account` ON `changes` (`account_id`,`id`);--> statement-breakpoint
CREATE INDEX `changes_by_entity` ON `changes` (`account_id`,`entity_id`,`id`);--> statement-breakpoint
CREATE INDEX `changes_by_action` ON `changes` (`action_id`) WHERE action_id is not null;--> statement-breakpoint
CREATE INDEX `changes_by_undone` ON `changes` (`undoes`) WHERE undoes is not null;--> statement-breakpoint
CREATE TABLE `copy_progress` (
	`table` text PRIMARY KEY NOT NULL,
	`last_key` text,
	`rows` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `heartbeat` (
	`id` integer PRIMARY KEY NOT NULL,
	`beat_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`scope` text NOT NULL,
	`key` text NOT NULL,
	`fingerprint` text NOT NULL,
	`answer` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`scope`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_creation` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_by_expiry` ON `sessions` (`expires_at`);--> statement-breakpoint
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
) WITHOUT ROWID; -- added by hand: stores the rows of one owner together
--> statement-breakpoint
CREATE INDEX `tasks_by_creation` ON `tasks` (`owner_id`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_by_update` ON `tasks` (`owner_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_by_title` ON `tasks` (`owner_id`,`title_key`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_by_rank` ON `tasks` (`owner_id`,(case priority when 'high' then 3 when 'medium' then 2 else 1 end),`id`);--> statement-breakpoint
CREATE INDEX `tasks_by_status` ON `tasks` (`owner_id`,`deleted_at`,`priority`,`completed_at`);--> statement-breakpoint
CREATE INDEX `tasks_by_deletion` ON `tasks` (`owner_id`,`deleted_at`,`id`) WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX `tasks_in_trash` ON `tasks` (`deleted_at`) WHERE deleted_at is not null;--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`username` text NOT NULL,
	`username_key` text NOT NULL,
	`email` text NOT NULL,
	`email_key` text NOT NULL,
	`password_hash` text NOT NULL,
	`disabled_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_username_key` ON `users` (`username_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_key` ON `users` (`email_key`);
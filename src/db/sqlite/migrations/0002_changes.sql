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
CREATE INDEX `sessions_by_expiry` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE INDEX `tasks_in_trash` ON `tasks` (`deleted_at`) WHERE deleted_at is not null;
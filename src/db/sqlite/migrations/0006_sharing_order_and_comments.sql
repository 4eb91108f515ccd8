CREATE TABLE `comments` (
	`project_id` text NOT NULL,
	`id` text NOT NULL,
	`task_id` text NOT NULL,
	`author_id` text NOT NULL,
	`text` text NOT NULL,
	`edited_at` integer,
	`deleted_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `id`),
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID; -- added by hand: stores the rows of one project together
--> statement-breakpoint
CREATE INDEX `comments_by_task` ON `comments` (`project_id`,`task_id`,`id`);--> statement-breakpoint
CREATE INDEX `comments_by_id` ON `comments` (`id`);--> statement-breakpoint
CREATE INDEX `comments_in_trash` ON `comments` (`deleted_at`) WHERE deleted_at is not null;--> statement-breakpoint
CREATE TABLE `completions` (
	`project_id` text NOT NULL,
	`task_id` text NOT NULL,
	`completed_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `completed_at`, `task_id`),
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID; -- added by hand: stores the rows of one project together
--> statement-breakpoint
CREATE INDEX `completions_by_task` ON `completions` (`project_id`,`task_id`);--> statement-breakpoint
CREATE TABLE `invites` (
	`id` text PRIMARY KEY NOT NULL,
	`project_id` text NOT NULL,
	`role` text NOT NULL,
	`account_id` text,
	`secret_hash` text,
	`invited_by` text NOT NULL,
	`expires_at` integer NOT NULL,
	`max_uses` integer NOT NULL,
	`uses` integer NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`account_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`invited_by`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `invites_by_project` ON `invites` (`project_id`,`id`);--> statement-breakpoint
CREATE INDEX `invites_by_account` ON `invites` (`account_id`,`id`) WHERE account_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX `invites_secret` ON `invites` (`secret_hash`);--> statement-breakpoint
CREATE INDEX `invites_by_expiry` ON `invites` (`expires_at`);--> statement-breakpoint
CREATE TABLE `sections` (
	`project_id` text NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`position` text NOT NULL,
	`archived_at` integer,
	`deleted_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `id`),
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID; -- added by hand: stores the rows of one project together
--> statement-breakpoint
CREATE INDEX `sections_by_id` ON `sections` (`id`);--> statement-breakpoint
CREATE INDEX `sections_in_trash` ON `sections` (`deleted_at`) WHERE deleted_at is not null;--> statement-breakpoint
CREATE TABLE `task_labels` (
	`project_id` text NOT NULL,
	`label_key` text NOT NULL,
	`task_id` text NOT NULL,
	`label` text NOT NULL,
	PRIMARY KEY(`project_id`, `label_key`, `task_id`),
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID; -- added by hand: stores the rows of one project together
--> statement-breakpoint
CREATE INDEX `task_labels_by_task` ON `task_labels` (`project_id`,`task_id`);--> statement-breakpoint
CREATE TABLE `label_counts` (
	`project_id` text NOT NULL,
	`label_key` text NOT NULL,
	`label` text NOT NULL,
	`open` integer NOT NULL,
	`completed` integer NOT NULL,
	PRIMARY KEY(`project_id`, `label_key`),
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID; -- added by hand: stores the rows of one project together
--> statement-breakpoint
CREATE TABLE `__new_tasks` (
	`project_id` text NOT NULL,
	`id` text NOT NULL,
	`title` text NOT NULL,
	`title_key` text NOT NULL,
	`title_sort` text DEFAULT '' NOT NULL,
	`description` text NOT NULL,
	`description_key` text NOT NULL,
	`priority` text NOT NULL,
	`labels` text DEFAULT '[]' NOT NULL,
	`assignee_id` text,
	`section_id` text,
	`parent_id` text,
	`position` text DEFAULT '' NOT NULL,
	`outline` text DEFAULT '' NOT NULL,
	`due_date` text,
	`due_time` text,
	`time_zone` text,
	`due_key` text,
	`start_date` text,
	`repeat` text,
	`repeat_from` text DEFAULT 'dueDate' NOT NULL,
	`last_completed_at` integer,
	`comment_count` integer DEFAULT 0 NOT NULL,
	`completed_at` integer,
	`deleted_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `id`),
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "tasks_priority" CHECK("priority" in ('none', 'low', 'medium', 'high'))
) WITHOUT ROWID; -- added by hand: stores the rows of one project together
--> statement-breakpoint
INSERT INTO `__new_tasks`("project_id", "id", "title", "title_key", "title_sort", "description", "description_key", "priority", "labels", "assignee_id", "section_id", "parent_id", "position", "outline", "due_date", "due_time", "time_zone", "due_key", "start_date", "repeat", "repeat_from", "last_completed_at", "comment_count", "completed_at", "deleted_at", "version", "created_at", "updated_at") -- the values were written by hand: existing tasks keep their order
SELECT "project_id", "id", "title", "title_key", "title_sort", "description", "description_key", "priority", '[]', NULL, NULL, NULL, 'j' || printf('%010d', row_number() OVER newest_first), 'j' || printf('%010d', row_number() OVER newest_first) || '-' || substr("id", -6), "due_date", "due_time", "time_zone", "due_key", "start_date", "repeat", "repeat_from", "last_completed_at", 0, "completed_at", "deleted_at", "version", "created_at", "updated_at" FROM `tasks` WINDOW newest_first AS (PARTITION BY project_id ORDER BY id DESC);--> statement-breakpoint
-- added by hand: the completion that is known of each repeating task
INSERT INTO `completions` SELECT project_id, id, last_completed_at FROM `tasks` WHERE last_completed_at IS NOT NULL;--> statement-breakpoint
DROP TABLE `tasks`;--> statement-breakpoint
ALTER TABLE `__new_tasks` RENAME TO `tasks`;--> statement-breakpoint
CREATE INDEX `tasks_by_update` ON `tasks` (`project_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_by_title` ON `tasks` (`project_id`,`title_sort`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_by_due_date` ON `tasks` (`project_id`,`due_key`,`id`) WHERE due_key is not null and completed_at is null and deleted_at is null;--> statement-breakpoint
CREATE INDEX `tasks_completed_by_due_date` ON `tasks` (`project_id`,`due_key`,`id`) WHERE due_key is not null and completed_at is not null and deleted_at is null;--> statement-breakpoint
CREATE INDEX `tasks_by_start_date` ON `tasks` (`project_id`,`start_date`,`id`) WHERE start_date is not null and due_key is null and completed_at is null and deleted_at is null;--> statement-breakpoint
CREATE INDEX `tasks_by_outline` ON `tasks` (`project_id`,`section_id`,`outline`,`id`) WHERE completed_at is null and deleted_at is null;--> statement-breakpoint
CREATE INDEX `tasks_by_parent` ON `tasks` (`project_id`,`parent_id`,`id`) WHERE parent_id is not null;--> statement-breakpoint
CREATE INDEX `tasks_by_assignee` ON `tasks` (`project_id`,`assignee_id`,`id`) WHERE assignee_id is not null;--> statement-breakpoint
CREATE INDEX `tasks_by_deletion` ON `tasks` (`project_id`,`deleted_at`,`id`) WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX `tasks_by_id` ON `tasks` (`id`);--> statement-breakpoint
CREATE INDEX `tasks_in_trash` ON `tasks` (`deleted_at`) WHERE deleted_at is not null;--> statement-breakpoint
ALTER TABLE `members` ADD `last_seen_at` integer;--> statement-breakpoint
ALTER TABLE `members` ADD `last_seen_change` integer;--> statement-breakpoint
ALTER TABLE `members` ADD `unread_after` integer;
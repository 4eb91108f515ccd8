CREATE TABLE `members` (
	`project_id` text NOT NULL,
	`account_id` text NOT NULL,
	`role` text NOT NULL,
	`position` integer NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `account_id`),
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`account_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "members_role" CHECK("members"."role" in ('owner', 'editor', 'viewer'))
) WITHOUT ROWID; -- added by hand: stores the rows by key
--> statement-breakpoint
CREATE INDEX `members_by_account` ON `members` (`account_id`,`project_id`);--> statement-breakpoint
CREATE TABLE `projects` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`color` text,
	`icon` text,
	`archived_at` integer,
	`deleted_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `projects_in_trash` ON `projects` (`deleted_at`) WHERE deleted_at is not null;--> statement-breakpoint
-- added by hand: the Inbox of each account, which has its id
INSERT INTO projects (id, name, version, created_at, updated_at)
SELECT id, 'Inbox', 1, created_at, created_at FROM users;
--> statement-breakpoint
INSERT INTO members (project_id, account_id, role, position, created_at)
SELECT id, id, 'owner', 0, created_at FROM users;
--> statement-breakpoint
CREATE TABLE `__new_changes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`project_id` text NOT NULL,
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
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT INTO `__new_changes`("id", "project_id", "actor_id", "through", "entity", "entity_id", "verb", "before", "after", "action_id", "undoes", "at") SELECT "id", "account_id", "actor_id", "through", "entity", "entity_id", "verb", "before", "after", "action_id", "undoes", "at" FROM `changes`;--> statement-breakpoint
-- added by hand: ids that were used are not used again
DELETE FROM sqlite_sequence WHERE name = '__new_changes';--> statement-breakpoint
INSERT INTO sqlite_sequence (name, seq) SELECT '__new_changes', seq FROM sqlite_sequence WHERE name = 'changes';--> statement-breakpoint
DROP TABLE `changes`;--> statement-breakpoint
ALTER TABLE `__new_changes` RENAME TO `changes`;--> statement-breakpoint
CREATE INDEX `changes_by_project` ON `changes` (`project_id`,`id`);--> statement-breakpoint
CREATE INDEX `changes_by_entity` ON `changes` (`entity_id`,`id`);--> statement-breakpoint
CREATE INDEX `changes_by_action` ON `changes` (`action_id`) WHERE action_id is not null;--> statement-breakpoint
CREATE INDEX `changes_by_undone` ON `changes` (`undoes`) WHERE undoes is not null;--> statement-breakpoint
CREATE TABLE `__new_task_counts` (
	`project_id` text NOT NULL,
	`priority` text NOT NULL,
	`open` integer NOT NULL,
	`completed` integer NOT NULL,
	`deleted` integer NOT NULL,
	PRIMARY KEY(`project_id`, `priority`),
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID; -- added by hand: stores the rows of one project together
--> statement-breakpoint
INSERT INTO `__new_task_counts`("project_id", "priority", "open", "completed", "deleted") SELECT "owner_id", "priority", "open", "completed", "deleted" FROM `task_counts`;--> statement-breakpoint
DROP TABLE `task_counts`;--> statement-breakpoint
ALTER TABLE `__new_task_counts` RENAME TO `task_counts`;--> statement-breakpoint
CREATE TABLE `__new_tasks` (
	`project_id` text NOT NULL,
	`id` text NOT NULL,
	`title` text NOT NULL,
	`title_key` text NOT NULL,
	`title_sort` text DEFAULT '' NOT NULL,
	`description` text NOT NULL,
	`description_key` text NOT NULL,
	`priority` text NOT NULL,
	`completed_at` integer,
	`deleted_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`project_id`, `id`),
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "tasks_priority" CHECK("priority" in ('low', 'medium', 'high'))
) WITHOUT ROWID; -- added by hand: stores the rows of one project together
--> statement-breakpoint
INSERT INTO `__new_tasks`("project_id", "id", "title", "title_key", "title_sort", "description", "description_key", "priority", "completed_at", "deleted_at", "version", "created_at", "updated_at") SELECT "owner_id", "id", "title", "title_key", "title_sort", "description", "description_key", "priority", "completed_at", "deleted_at", "version", "created_at", "updated_at" FROM `tasks`;--> statement-breakpoint
DROP TABLE `tasks`;--> statement-breakpoint
ALTER TABLE `__new_tasks` RENAME TO `tasks`;--> statement-breakpoint
CREATE INDEX `tasks_by_update` ON `tasks` (`project_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_by_title` ON `tasks` (`project_id`,`title_sort`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_by_deletion` ON `tasks` (`project_id`,`deleted_at`,`id`) WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX `tasks_by_id` ON `tasks` (`id`);--> statement-breakpoint
CREATE INDEX `tasks_in_trash` ON `tasks` (`deleted_at`) WHERE deleted_at is not null;
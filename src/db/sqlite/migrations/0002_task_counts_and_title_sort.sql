CREATE TABLE `task_counts` (
	`owner_id` text NOT NULL,
	`priority` text NOT NULL,
	`open` integer NOT NULL,
	`completed` integer NOT NULL,
	`deleted` integer NOT NULL,
	PRIMARY KEY(`owner_id`, `priority`),
	FOREIGN KEY (`owner_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID; -- added by hand: stores the rows of one owner together
--> statement-breakpoint
DROP INDEX `tasks_by_creation`;--> statement-breakpoint
DROP INDEX `tasks_by_rank`;--> statement-breakpoint
DROP INDEX `tasks_by_status`;--> statement-breakpoint
DROP INDEX `tasks_by_title`;--> statement-breakpoint
ALTER TABLE `tasks` ADD `title_sort` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX `tasks_by_title` ON `tasks` (`owner_id`,`title_sort`,`id`);--> statement-breakpoint
DROP INDEX `changes_by_entity`;--> statement-breakpoint
CREATE INDEX `changes_by_entity` ON `changes` (`entity_id`,`id`);--> statement-breakpoint
-- added by hand: the counts of the tasks that exist
INSERT INTO task_counts (owner_id, priority, open, completed, deleted)
SELECT owner_id, priority,
	count(CASE WHEN deleted_at IS NULL AND completed_at IS NULL THEN 1 END),
	count(CASE WHEN deleted_at IS NULL THEN completed_at END),
	count(deleted_at)
FROM tasks GROUP BY owner_id, priority;

CREATE INDEX `tasks_by_update` ON `tasks` (`owner_id`,`updated_at`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_by_title` ON `tasks` (`owner_id`,`title_key`,`id`);--> statement-breakpoint
CREATE INDEX `tasks_by_rank` ON `tasks` (`owner_id`,(case priority when 'high' then 3 when 'medium' then 2 else 1 end),`id`);
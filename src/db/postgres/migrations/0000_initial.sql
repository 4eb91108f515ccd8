CREATE TABLE "changes" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"account_id" text COLLATE "C" NOT NULL,
	"actor_id" text COLLATE "C",
	"through" text COLLATE "C" NOT NULL,
	"entity" text COLLATE "C" NOT NULL,
	"entity_id" text COLLATE "C" NOT NULL,
	"verb" text COLLATE "C" NOT NULL,
	"before" text,
	"after" text,
	"action_id" bigint,
	"undoes" bigint,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "copy_progress" (
	"table" text COLLATE "C" PRIMARY KEY NOT NULL,
	"last_key" text,
	"rows" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "heartbeat" (
	"id" integer PRIMARY KEY NOT NULL,
	"beat_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency_keys" (
	"scope" text COLLATE "C" NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"fingerprint" text COLLATE "C" NOT NULL,
	"answer" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "idempotency_keys_scope_key_pk" PRIMARY KEY("scope","key")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tasks" (
	"owner_id" text COLLATE "C" NOT NULL,
	"id" text COLLATE "C" NOT NULL,
	"title" text COLLATE "C" NOT NULL,
	"title_key" text COLLATE "C" NOT NULL,
	"description" text COLLATE "C" NOT NULL,
	"description_key" text COLLATE "C" NOT NULL,
	"priority" text COLLATE "C" NOT NULL,
	"completed_at" timestamp (3) with time zone,
	"deleted_at" timestamp (3) with time zone,
	"version" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "tasks_owner_id_id_pk" PRIMARY KEY("owner_id","id"),
	CONSTRAINT "tasks_priority" CHECK ("tasks"."priority" in ('low', 'medium', 'high'))
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"username" text COLLATE "C" NOT NULL,
	"username_key" text COLLATE "C" NOT NULL,
	"email" text COLLATE "C" NOT NULL,
	"email_key" text COLLATE "C" NOT NULL,
	"password_hash" text COLLATE "C" NOT NULL,
	"disabled_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "changes" ADD CONSTRAINT "changes_account_id_users_id_fk" FOREIGN KEY ("account_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "changes_by_account" ON "changes" USING btree ("account_id","id");--> statement-breakpoint
CREATE INDEX "changes_by_entity" ON "changes" USING btree ("account_id","entity_id","id");--> statement-breakpoint
CREATE INDEX "changes_by_action" ON "changes" USING btree ("action_id") WHERE action_id is not null;--> statement-breakpoint
CREATE INDEX "changes_by_undone" ON "changes" USING btree ("undoes") WHERE undoes is not null;--> statement-breakpoint
CREATE INDEX "idempotency_keys_by_creation" ON "idempotency_keys" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_by_expiry" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "tasks_by_creation" ON "tasks" USING btree ("owner_id","created_at","id");--> statement-breakpoint
CREATE INDEX "tasks_by_update" ON "tasks" USING btree ("owner_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "tasks_by_title" ON "tasks" USING btree ("owner_id","title_key","id");--> statement-breakpoint
CREATE INDEX "tasks_by_rank" ON "tasks" USING btree ("owner_id",(case priority when 'high' then 3 when 'medium' then 2 else 1 end),"id");--> statement-breakpoint
CREATE INDEX "tasks_by_status" ON "tasks" USING btree ("owner_id","deleted_at","priority","completed_at");--> statement-breakpoint
CREATE INDEX "tasks_by_deletion" ON "tasks" USING btree ("owner_id","deleted_at","id") WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX "tasks_in_trash" ON "tasks" USING btree ("deleted_at") WHERE deleted_at is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "users_username_key" ON "users" USING btree ("username_key");--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_key" ON "users" USING btree ("email_key");
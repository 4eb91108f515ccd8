CREATE TABLE "rate_limits" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"attempts" integer NOT NULL,
	"last_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "last_seen_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "device" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "address" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "reset_hash" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "reset_expires_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "rate_limits_by_expiry" ON "rate_limits" USING btree ("expires_at");
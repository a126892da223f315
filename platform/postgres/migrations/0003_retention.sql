CREATE TABLE "removals" (
	"tenant_id" text PRIMARY KEY NOT NULL,
	"cut" timestamp with time zone NOT NULL,
	"kept_since" timestamp with time zone NOT NULL,
	"started_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"removed" jsonb,
	"counted_part" text DEFAULT '' NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "retention_days" integer;--> statement-breakpoint
ALTER TABLE "tenants" ADD COLUMN "retention_from" timestamp with time zone;
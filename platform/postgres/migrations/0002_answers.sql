CREATE TABLE "derivations" (
	"tenant_id" text PRIMARY KEY NOT NULL,
	"fresh_until" bigint DEFAULT 0 NOT NULL,
	"settled_until" bigint DEFAULT 0 NOT NULL,
	"published" bigint DEFAULT 0 NOT NULL,
	"definitions" text DEFAULT '' NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "frozen_months" (
	"tenant_id" text NOT NULL,
	"month" text NOT NULL,
	"as_of" timestamp with time zone NOT NULL,
	"frozen_by" text NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	CONSTRAINT "frozen_months_tenant_id_month_pk" PRIMARY KEY("tenant_id","month")
);
--> statement-breakpoint
CREATE TABLE "reference_rows" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" text NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"valid_from" timestamp with time zone NOT NULL,
	"valid_to" timestamp with time zone,
	"body" jsonb NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT now() NOT NULL,
	"recorded_by" text NOT NULL,
	"replaced_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "sla_definitions" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"version" integer NOT NULL,
	"body" jsonb NOT NULL,
	"state" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	CONSTRAINT "sla_definitions_tenant_id_id_version_pk" PRIMARY KEY("tenant_id","id","version")
);
--> statement-breakpoint
CREATE TABLE "violation_decisions" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"violation_id" text NOT NULL,
	"state" text NOT NULL,
	"reason" text NOT NULL,
	"attested_by" text,
	"decided_at" timestamp with time zone DEFAULT now() NOT NULL,
	"decided_by" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "reference_rows_key" ON "reference_rows" USING btree ("tenant_id","kind","key","valid_from");--> statement-breakpoint
CREATE INDEX "violation_decisions_of" ON "violation_decisions" USING btree ("tenant_id","violation_id");
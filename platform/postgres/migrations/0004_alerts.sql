CREATE TABLE "alert_channels" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"title" text NOT NULL,
	"kind" text NOT NULL,
	"config" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"sealed" text,
	"state" text DEFAULT 'active' NOT NULL,
	"per_minute" integer DEFAULT 60 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "alert_channels_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "alert_cursors" (
	"tenant_id" text PRIMARY KEY NOT NULL,
	"tick" bigint DEFAULT 0 NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	"watermark" bigint DEFAULT 0 NOT NULL,
	"rules" text DEFAULT '' NOT NULL,
	"owner" text,
	"owned_until" timestamp with time zone,
	"evaluated_at" timestamp with time zone,
	"error" text
);
--> statement-breakpoint
CREATE TABLE "alert_instances" (
	"tenant_id" text NOT NULL,
	"rule" text NOT NULL,
	"key" text NOT NULL,
	"epoch" integer NOT NULL,
	"state" text NOT NULL,
	"body" jsonb NOT NULL,
	"next_at" bigint,
	"alert_id" uuid,
	CONSTRAINT "alert_instances_tenant_id_rule_key_pk" PRIMARY KEY("tenant_id","rule","key")
);
--> statement-breakpoint
CREATE TABLE "alert_notes" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"key" text NOT NULL,
	"alert_id" uuid,
	"party" text DEFAULT '' NOT NULL,
	"channel_id" text NOT NULL,
	"kind" text NOT NULL,
	"body" jsonb NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp with time zone NOT NULL,
	"owner" text,
	"owned_until" timestamp with time zone,
	"created_at" timestamp with time zone NOT NULL,
	"about_at" timestamp with time zone,
	"sent_at" timestamp with time zone,
	"receipt" text,
	"error" text,
	CONSTRAINT "alert_notes_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "alert_parties" (
	"alert_id" uuid NOT NULL,
	"party" text NOT NULL,
	"state" text NOT NULL,
	"step" integer DEFAULT 0 NOT NULL,
	"started_at" timestamp with time zone,
	"told_at" timestamp with time zone,
	"acknowledged_at" timestamp with time zone,
	"acknowledged_by" text,
	"acknowledged_severity" text,
	"next_at" timestamp with time zone,
	CONSTRAINT "alert_parties_alert_id_party_pk" PRIMARY KEY("alert_id","party")
);
--> statement-breakpoint
CREATE TABLE "alert_routing" (
	"tenant_id" text NOT NULL,
	"version" integer NOT NULL,
	"body" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	CONSTRAINT "alert_routing_tenant_id_version_pk" PRIMARY KEY("tenant_id","version")
);
--> statement-breakpoint
CREATE TABLE "alert_rules" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"version" integer NOT NULL,
	"body" jsonb NOT NULL,
	"pack" text,
	"state" text NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	CONSTRAINT "alert_rules_tenant_id_id_version_pk" PRIMARY KEY("tenant_id","id","version")
);
--> statement-breakpoint
CREATE TABLE "alert_samples" (
	"tenant_id" text NOT NULL,
	"series" text NOT NULL,
	"at" bigint NOT NULL,
	"tick" bigint NOT NULL,
	"body" jsonb NOT NULL,
	CONSTRAINT "alert_samples_tenant_id_series_at_pk" PRIMARY KEY("tenant_id","series","at")
);
--> statement-breakpoint
CREATE TABLE "alert_silences" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"tenant_id" text NOT NULL,
	"kind" text NOT NULL,
	"matcher" jsonb NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"reason" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" text NOT NULL,
	"ended_at" timestamp with time zone,
	"ended_by" text
);
--> statement-breakpoint
CREATE TABLE "alert_story" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"alert_id" uuid NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"what" text NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "alert_subjects" (
	"tenant_id" text NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"version" bigint NOT NULL,
	"body" jsonb NOT NULL,
	"next_at" bigint,
	"document_type" text NOT NULL,
	"document_id" text NOT NULL,
	CONSTRAINT "alert_subjects_tenant_id_kind_key_pk" PRIMARY KEY("tenant_id","kind","key")
);
--> statement-breakpoint
CREATE TABLE "alert_ticks" (
	"tenant_id" text NOT NULL,
	"tick" bigint NOT NULL,
	"version" bigint NOT NULL,
	"watermark" bigint NOT NULL,
	"at" bigint NOT NULL,
	"held" jsonb DEFAULT '[]'::jsonb NOT NULL,
	CONSTRAINT "alert_ticks_tenant_id_tick_pk" PRIMARY KEY("tenant_id","tick")
);
--> statement-breakpoint
CREATE TABLE "alert_transitions" (
	"tenant_id" text NOT NULL,
	"rule" text NOT NULL,
	"key" text NOT NULL,
	"epoch" integer NOT NULL,
	"number" integer NOT NULL,
	"from_state" text NOT NULL,
	"to_state" text NOT NULL,
	"at" bigint NOT NULL,
	"reason" text NOT NULL,
	"severity" text NOT NULL,
	"value" double precision,
	"rule_version" integer NOT NULL,
	"tick" bigint NOT NULL,
	"decided_at" bigint NOT NULL,
	"watermark" bigint NOT NULL,
	"version" bigint NOT NULL,
	"alert_id" uuid,
	CONSTRAINT "alert_transitions_tenant_id_rule_key_epoch_number_pk" PRIMARY KEY("tenant_id","rule","key","epoch","number")
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"tenant_id" text NOT NULL,
	"rule" text NOT NULL,
	"group_key" text NOT NULL,
	"state" text NOT NULL,
	"severity" text NOT NULL,
	"class" text NOT NULL,
	"labels" jsonb NOT NULL,
	"body" jsonb NOT NULL,
	"money" double precision,
	"started_at" timestamp with time zone NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"resolved_at" timestamp with time zone,
	"inhibited_by" uuid,
	"silenced_by" uuid,
	"follows" uuid,
	"verdict" text,
	"next_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "alert_parties" ADD CONSTRAINT "alert_parties_alert_id_alerts_id_fk" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alert_instances_key" ON "alert_instances" USING btree ("tenant_id","key");--> statement-breakpoint
CREATE INDEX "alert_instances_next" ON "alert_instances" USING btree ("tenant_id","next_at");--> statement-breakpoint
CREATE INDEX "alert_instances_alert" ON "alert_instances" USING btree ("alert_id");--> statement-breakpoint
CREATE INDEX "alert_notes_due" ON "alert_notes" USING btree ("state","next_at");--> statement-breakpoint
CREATE INDEX "alert_notes_alert" ON "alert_notes" USING btree ("alert_id","id");--> statement-breakpoint
CREATE INDEX "alert_notes_channel" ON "alert_notes" USING btree ("tenant_id","channel_id","id");--> statement-breakpoint
CREATE INDEX "alert_silences_of" ON "alert_silences" USING btree ("tenant_id","ends_at");--> statement-breakpoint
CREATE INDEX "alert_story_of" ON "alert_story" USING btree ("alert_id","id");--> statement-breakpoint
CREATE INDEX "alert_subjects_next" ON "alert_subjects" USING btree ("tenant_id","next_at");--> statement-breakpoint
CREATE INDEX "alert_subjects_document" ON "alert_subjects" USING btree ("tenant_id","document_type","document_id");--> statement-breakpoint
CREATE INDEX "alert_ticks_at" ON "alert_ticks" USING btree ("tenant_id","at");--> statement-breakpoint
CREATE INDEX "alert_transitions_at" ON "alert_transitions" USING btree ("tenant_id","decided_at");--> statement-breakpoint
CREATE INDEX "alert_transitions_alert" ON "alert_transitions" USING btree ("alert_id");--> statement-breakpoint
CREATE INDEX "alerts_open" ON "alerts" USING btree ("tenant_id","state","opened_at");--> statement-breakpoint
CREATE INDEX "alerts_group" ON "alerts" USING btree ("tenant_id","rule","group_key");--> statement-breakpoint
CREATE INDEX "alerts_next" ON "alerts" USING btree ("tenant_id","next_at");
CREATE TABLE "connector_state" (
	"tenant_id" text NOT NULL,
	"source_id" text NOT NULL,
	"cursor" jsonb,
	"ran_at" timestamp with time zone,
	"succeeded_at" timestamp with time zone,
	"error" text,
	"failures" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp with time zone,
	"lease_owner" text,
	"lease_until" timestamp with time zone,
	CONSTRAINT "connector_state_tenant_id_source_id_pk" PRIMARY KEY("tenant_id","source_id")
);
--> statement-breakpoint
CREATE TABLE "kafka_topics" (
	"cluster" text NOT NULL,
	"topic" text NOT NULL,
	"epoch" integer DEFAULT 0 NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "kafka_topics_cluster_topic_pk" PRIMARY KEY("cluster","topic")
);
--> statement-breakpoint
CREATE TABLE "payload_shapes" (
	"tenant_id" text NOT NULL,
	"source_id" text NOT NULL,
	"record_type" text DEFAULT '' NOT NULL,
	"shape" jsonb NOT NULL,
	"samples" bigint DEFAULT 0 NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "payload_shapes_tenant_id_source_id_record_type_pk" PRIMARY KEY("tenant_id","source_id","record_type")
);
--> statement-breakpoint
CREATE TABLE "sources" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"system_id" text,
	"format" text NOT NULL,
	"mapping" text,
	"mapping_version" integer,
	"config" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"secrets" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"address" text,
	"state" text DEFAULT 'active' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sources_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "sources_address_unique" UNIQUE("address")
);
--> statement-breakpoint
CREATE TABLE "systems" (
	"tenant_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"class" text NOT NULL,
	"owner" text,
	"vendor" text,
	"runbook_url" text,
	"link_template" text,
	"aliases" text[] DEFAULT '{}' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "systems_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
CREATE TABLE "webhook_deliveries" (
	"address" text NOT NULL,
	"digest" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "webhook_deliveries_address_digest_pk" PRIMARY KEY("address","digest")
);
--> statement-breakpoint
CREATE INDEX "webhook_deliveries_expiry" ON "webhook_deliveries" USING btree ("expires_at");
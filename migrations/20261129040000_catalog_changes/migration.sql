-- CreateEnum
CREATE TYPE "catalog_subject" AS ENUM ('ITEM', 'POPULARITY', 'SCENARIO', 'FIELD', 'MODEL', 'KEY');

-- CreateTable
CREATE TABLE "catalog_changes" (
    "id" BIGSERIAL NOT NULL,
    "transaction" xid8 NOT NULL DEFAULT pg_current_xact_id(),
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "subject" "catalog_subject" NOT NULL,
    "ids" INTEGER[],

    CONSTRAINT "catalog_changes_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "catalog_changes_transaction_idx" ON "catalog_changes"("transaction");

-- CreateIndex
CREATE INDEX "catalog_changes_at_idx" ON "catalog_changes" USING BRIN ("at");

-- What Prisma's schema language cannot say stands below.

-- Called once for each statement with the subject and the column of the changed rows that has the ID. Servers that wait
-- for a notification read the change at once; popularity changes too often for that. An empty "ids" means all rows.
CREATE FUNCTION "log_catalog_change"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  "changed_ids" INTEGER[];
BEGIN
  IF TG_OP <> 'TRUNCATE' THEN
    EXECUTE format('SELECT array_agg(DISTINCT %I) FROM "changed"', TG_ARGV[1]) INTO "changed_ids";
    IF "changed_ids" IS NULL THEN RETURN NULL; END IF;
  END IF;
  INSERT INTO "catalog_changes" ("subject", "ids")
  VALUES (TG_ARGV[0]::"catalog_subject", coalesce("changed_ids", '{}'));
  IF TG_ARGV[0] <> 'POPULARITY' THEN NOTIFY "warmstart_changes"; END IF;
  RETURN NULL;
END $$;

-- A trigger with a transition table has one event. They also fire in bulk loads, which switch the checks of foreign keys
-- off.
DO $$
DECLARE
  "watched" RECORD;
  "event" TEXT;
BEGIN
  FOR "watched" IN SELECT * FROM (VALUES
    ('items', 'ITEM', 'id'),
    ('item_popularity', 'POPULARITY', 'item_id'),
    ('scenarios', 'SCENARIO', 'id'),
    ('scenario_items', 'SCENARIO', 'scenario_id'),
    ('feature_fields', 'FIELD', 'id'),
    ('active_models', 'MODEL', 'model_version_id')
  ) AS "watched" ("name", "subject", "id_column") LOOP
    FOREACH "event" IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] LOOP
      EXECUTE format('CREATE TRIGGER %I AFTER %s ON %I %s FOR EACH STATEMENT EXECUTE FUNCTION "log_catalog_change"(%L, %L)',
        'log_' || lower("event"), "event", "watched"."name",
        CASE "event" WHEN 'TRUNCATE' THEN '' WHEN 'DELETE' THEN 'REFERENCING OLD TABLE AS "changed"'
          ELSE 'REFERENCING NEW TABLE AS "changed"' END,
        "watched"."subject", "watched"."id_column");
      EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', "watched"."name", 'log_' || lower("event"));
    END LOOP;
  END LOOP;
END $$;

-- The last use of a key changes often and concerns no server, so only these columns are watched.
CREATE FUNCTION "log_key_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "catalog_changes" ("subject", "ids") VALUES ('KEY', ARRAY[OLD."id"]);
  NOTIFY "warmstart_changes";
  RETURN NULL;
END $$;

CREATE TRIGGER "log_update" AFTER UPDATE OF "revoked_at", "expires_at", "role" ON "api_keys" FOR EACH ROW
EXECUTE FUNCTION "log_key_change"();
CREATE TRIGGER "log_delete" AFTER DELETE ON "api_keys" FOR EACH ROW EXECUTE FUNCTION "log_key_change"();

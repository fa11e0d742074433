-- The triggers take their lock at the end of a statement, and a transaction keeps it. A load of a catalog is one
-- transaction of many seconds, and it changes items before rules: of two loads that both shared the lock, neither could
-- have it alone. So the triggers do nothing in a transaction that sets warmstart.pools to 'later'. It calls
-- "follow_rules_now" shortly before it ends, which takes the lock once.

-- The pools of all rules but some get the items that meet them, and lose the others.
CREATE FUNCTION "follow_rules_of_items"("item_ids" INTEGER[], "other_scenarios" INTEGER[], "are_new" BOOLEAN)
RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM "scenarios" WHERE "rule" IS NOT NULL) THEN RETURN; END IF;
  IF NOT "are_new" THEN
    WITH "rules" AS MATERIALIZED (
      SELECT "id", ("rule" ->> 'path')::jsonpath AS "path" FROM "scenarios"
      WHERE "rule" IS NOT NULL AND "id" <> ALL("other_scenarios")
    )
    DELETE FROM "scenario_items" USING "rules", unnest("item_ids") AS "given" ("id") JOIN "items" USING ("id")
    WHERE "scenario_id" = "rules"."id" AND "item_id" = "given"."id" AND NOT coalesce("features" @@ "path", FALSE);
  END IF;
  WITH "rules" AS MATERIALIZED (
    SELECT "id", ("rule" ->> 'path')::jsonpath AS "path" FROM "scenarios"
    WHERE "rule" IS NOT NULL AND "id" <> ALL("other_scenarios")
  )
  INSERT INTO "scenario_items" ("scenario_id", "item_id")
  SELECT "rules"."id", "given"."id" FROM unnest("item_ids") AS "given" ("id") JOIN "items" USING ("id")
  JOIN "rules" ON "features" @@ "path"
  ON CONFLICT DO NOTHING;
END $$;

-- The pools of these scenarios get the items that meet their rules, and lose the others.
CREATE FUNCTION "follow_rules_of_scenarios"("scenario_ids" INTEGER[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  WITH "rules" AS MATERIALIZED (
    SELECT "id", ("rule" ->> 'path')::jsonpath AS "path" FROM "scenarios" WHERE "id" = ANY("scenario_ids")
  )
  DELETE FROM "scenario_items" USING "rules", "items"
  WHERE "scenario_id" = "rules"."id" AND "item_id" = "items"."id" AND NOT coalesce("features" @@ "path", FALSE);
  WITH "rules" AS MATERIALIZED (
    SELECT "id", ("rule" ->> 'path')::jsonpath AS "path" FROM "scenarios" WHERE "id" = ANY("scenario_ids")
  )
  INSERT INTO "scenario_items" ("scenario_id", "item_id")
  SELECT "rules"."id", "items"."id" FROM "items" JOIN "rules" ON "features" @@ "path"
  ON CONFLICT DO NOTHING;
END $$;

CREATE OR REPLACE FUNCTION "follow_items"() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  "item_ids" INTEGER[];
BEGIN
  IF current_setting('warmstart.pools', TRUE) = 'later' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    "item_ids" := ARRAY(SELECT "id" FROM "changed");
  ELSE
    "item_ids" := ARRAY(
      SELECT "id" FROM (SELECT "id", "features" FROM "changed" EXCEPT SELECT "id", "features" FROM "before") AS "different"
    );
  END IF;
  IF "item_ids" = '{}' THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock_shared(1920298341);
  PERFORM "follow_rules_of_items"("item_ids", '{}', TG_OP = 'INSERT');
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION "follow_rules"() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  "scenario_ids" INTEGER[];
BEGIN
  IF current_setting('warmstart.pools', TRUE) = 'later' THEN RETURN NULL; END IF;
  IF TG_OP = 'INSERT' THEN
    "scenario_ids" := ARRAY(SELECT "id" FROM "changed" WHERE "rule" IS NOT NULL);
  ELSE
    "scenario_ids" := ARRAY(
      SELECT "id" FROM (SELECT "id", "rule" FROM "changed" EXCEPT SELECT "id", "rule" FROM "before") AS "different"
      WHERE "rule" IS NOT NULL
    );
  END IF;
  IF "scenario_ids" = '{}' THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock(1920298341);
  PERFORM "follow_rules_of_scenarios"("scenario_ids");
  RETURN NULL;
END $$;

-- The rows that a transaction has written have its number as their xmin. An old row can have the same number once in
-- four billion transactions, and its pools are computed again then, with the same result.
CREATE FUNCTION "follow_rules_now"() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  "item_ids" INTEGER[] := ARRAY(SELECT "id" FROM "items" WHERE "xmin" = pg_current_xact_id()::xid);
  "scenario_ids" INTEGER[] := ARRAY(
    SELECT "id" FROM "scenarios" WHERE "rule" IS NOT NULL AND "xmin" = pg_current_xact_id()::xid
  );
BEGIN
  PERFORM set_config('warmstart.pools', 'now', TRUE);
  IF "scenario_ids" <> '{}' THEN
    PERFORM pg_advisory_xact_lock(1920298341);
    PERFORM "follow_rules_of_scenarios"("scenario_ids");
  ELSIF "item_ids" <> '{}' THEN
    PERFORM pg_advisory_xact_lock_shared(1920298341);
  END IF;
  PERFORM "follow_rules_of_items"("item_ids", "scenario_ids", FALSE);
END $$;

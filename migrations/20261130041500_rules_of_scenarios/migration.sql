-- AlterTable
ALTER TABLE "scenarios" ADD COLUMN "rule" JSONB;

-- What Prisma's schema language cannot say stands below.

-- Pools follow rules by triggers, so that it does not matter who changes items. A transaction that changes items must
-- not miss a rule, nor a new rule its items, while neither sees the other. So a change of items shares a lock until its
-- transaction ends, and a change of rules has it alone. Each statement below sees what had been committed when the lock
-- was given.

-- A plan for one item would take minutes for a hundred thousand, so no plan is kept. A plan without parameters is always
-- kept: EXCEPT has one that suits any number of rows, and a join has not.

-- An item joins and leaves the pools by its features, once for all items of a statement.
CREATE FUNCTION "follow_items"() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  "item_ids" INTEGER[];
BEGIN
  IF TG_OP = 'INSERT' THEN
    "item_ids" := ARRAY(SELECT "id" FROM "changed");
  ELSE
    "item_ids" := ARRAY(
      SELECT "id" FROM (SELECT "id", "features" FROM "changed" EXCEPT SELECT "id", "features" FROM "before") AS "different"
    );
  END IF;
  IF "item_ids" = '{}' THEN RETURN NULL; END IF;
  PERFORM pg_advisory_xact_lock_shared(1920298341);
  IF NOT EXISTS (SELECT FROM "scenarios" WHERE "rule" IS NOT NULL) THEN RETURN NULL; END IF;
  IF TG_OP = 'UPDATE' THEN
    WITH "rules" AS MATERIALIZED (
      SELECT "id", ("rule" ->> 'path')::jsonpath AS "path" FROM "scenarios" WHERE "rule" IS NOT NULL
    )
    DELETE FROM "scenario_items" USING "rules", unnest("item_ids") AS "given" ("id") JOIN "items" USING ("id")
    WHERE "scenario_id" = "rules"."id" AND "item_id" = "given"."id" AND NOT coalesce("features" @@ "path", FALSE);
  END IF;
  WITH "rules" AS MATERIALIZED (
    SELECT "id", ("rule" ->> 'path')::jsonpath AS "path" FROM "scenarios" WHERE "rule" IS NOT NULL
  )
  INSERT INTO "scenario_items" ("scenario_id", "item_id")
  SELECT "rules"."id", "given"."id" FROM unnest("item_ids") AS "given" ("id") JOIN "items" USING ("id")
  JOIN "rules" ON "features" @@ "path"
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

-- A new rule replaces the pool. Without a rule, a pool stays as it is.
CREATE FUNCTION "follow_rules"() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
  "scenario_ids" INTEGER[];
BEGIN
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
  RETURN NULL;
END $$;

-- A trigger with transition tables has one event. They also fire in bulk loads, which switch the checks of foreign keys
-- off.
CREATE TRIGGER "follow_insert" AFTER INSERT ON "items" REFERENCING NEW TABLE AS "changed"
FOR EACH STATEMENT EXECUTE FUNCTION "follow_items"();
CREATE TRIGGER "follow_update" AFTER UPDATE ON "items" REFERENCING OLD TABLE AS "before" NEW TABLE AS "changed"
FOR EACH STATEMENT EXECUTE FUNCTION "follow_items"();
CREATE TRIGGER "follow_insert" AFTER INSERT ON "scenarios" REFERENCING NEW TABLE AS "changed"
FOR EACH STATEMENT EXECUTE FUNCTION "follow_rules"();
CREATE TRIGGER "follow_update" AFTER UPDATE ON "scenarios" REFERENCING OLD TABLE AS "before" NEW TABLE AS "changed"
FOR EACH STATEMENT EXECUTE FUNCTION "follow_rules"();
ALTER TABLE "items" ENABLE ALWAYS TRIGGER "follow_insert", ENABLE ALWAYS TRIGGER "follow_update";
ALTER TABLE "scenarios" ENABLE ALWAYS TRIGGER "follow_insert", ENABLE ALWAYS TRIGGER "follow_update";

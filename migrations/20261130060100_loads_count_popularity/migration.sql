-- A bulk load counts popularity itself, and holds one lock against the deletion of items instead of one on each item.

-- A load changes a third of a large catalog with each batch. The next versions of the rows fit into the same pages.
ALTER TABLE "item_popularity" SET (fillfactor = 50);

-- A load that has counted its interactions sets this for its transaction.
DROP TRIGGER "count_added_interactions" ON "interactions";
CREATE TRIGGER "count_added_interactions" AFTER INSERT ON "interactions" REFERENCING NEW TABLE AS "added"
FOR EACH STATEMENT WHEN (current_setting('warmstart.popularity_is_counted', true) IS DISTINCT FROM 'on')
EXECUTE FUNCTION "count_added_interactions"();
ALTER TABLE "interactions" ENABLE ALWAYS TRIGGER "count_added_interactions";

-- Adds to the counts of items, which must exist. Locks them in the order in which the trigger does.
CREATE FUNCTION "add_popularity"("item_ids" INTEGER[], "added_interactions" INTEGER[], "added_positives" INTEGER[])
RETURNS void LANGUAGE sql AS $$
  INSERT INTO "item_popularity" AS "known" ("item_id", "interactions", "positives")
  SELECT * FROM unnest("item_ids", "added_interactions", "added_positives") AS "added" ("item_id") ORDER BY "item_id"
  ON CONFLICT ("item_id") DO UPDATE SET "interactions" = "known"."interactions" + EXCLUDED."interactions",
    "positives" = "known"."positives" + EXCLUDED."positives"
$$;

-- Whoever deletes items waits for the batches of loads that are being stored, which take the same lock as a shared one. The
-- deletion of their interactions, which follows, sees those of the batches. A batch that waits then sees that the items are gone.
CREATE FUNCTION "wait_for_loads"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(1819238756);
  RETURN NULL;
END $$;

CREATE TRIGGER "wait_for_loads" BEFORE DELETE ON "items" FOR EACH STATEMENT EXECUTE FUNCTION "wait_for_loads"();

-- Nothing is recorded while this migration counts. What waits for this lock is counted by the new triggers.
LOCK TABLE "interactions" IN SHARE ROW EXCLUSIVE MODE;

-- CreateTable
CREATE TABLE "positive_ratings" (
    "only" BOOLEAN NOT NULL DEFAULT true,
    "lowest" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "positive_ratings_pkey" PRIMARY KEY ("only")
);

-- DropIndex
-- No statement read it, since lists also contain items without a row here. Without it, a count changes in place.
DROP INDEX "item_popularity_interactions_item_id_idx";

-- AlterTable
ALTER TABLE "item_popularity" ADD COLUMN "positives" INTEGER NOT NULL DEFAULT 0;

-- What Prisma's schema language cannot say stands below.

ALTER TABLE "positive_ratings" ADD CONSTRAINT "positive_ratings_has_one_row" CHECK ("only");
-- The lowest positive rating of the default settings. A process with other settings changes it when it starts.
INSERT INTO "positive_ratings" ("lowest") VALUES (4);

CREATE OR REPLACE FUNCTION "count_added_interactions"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "item_popularity" AS "known" ("item_id", "interactions", "positives")
  SELECT "item_id", count(*),
    count(*) FILTER (WHERE "type" <> 'RATE' OR "value" >= (SELECT "lowest" FROM "positive_ratings"))
  FROM "added" GROUP BY "item_id" ORDER BY "item_id"
  ON CONFLICT ("item_id") DO UPDATE SET "interactions" = "known"."interactions" + EXCLUDED."interactions",
    "positives" = "known"."positives" + EXCLUDED."positives";
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION "count_removed_interactions"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH "lost" AS (
    SELECT "item_id", count(*) AS "interactions",
      count(*) FILTER (WHERE "type" <> 'RATE' OR "value" >= (SELECT "lowest" FROM "positive_ratings")) AS "positives"
    FROM "removed" GROUP BY "item_id"
  ),
  "locked" AS (
    SELECT "item_id" FROM "item_popularity" WHERE "item_id" IN (SELECT "item_id" FROM "lost")
    ORDER BY "item_id" FOR UPDATE
  )
  UPDATE "item_popularity" AS "known" SET "interactions" = "known"."interactions" - "lost"."interactions",
    "positives" = "known"."positives" - "lost"."positives"
  FROM "lost" JOIN "locked" USING ("item_id") WHERE "known"."item_id" = "lost"."item_id";
  RETURN NULL;
END $$;

-- Changes which ratings are positive, and counts all interactions again. Whoever records or deletes interactions waits
-- for the lock, and their triggers then read the new row, because every statement of a trigger has its own snapshot.
CREATE FUNCTION "count_positives_from"("rating" DOUBLE PRECISION) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE "interactions" IN SHARE ROW EXCLUSIVE MODE;
  UPDATE "positive_ratings" SET "lowest" = "rating";
  UPDATE "item_popularity" AS "known" SET "positives" = "counted"."positives"
  FROM (
    SELECT "item_id", count(*) FILTER (WHERE "type" <> 'RATE' OR "value" >= "rating") AS "positives"
    FROM "interactions" GROUP BY "item_id"
  ) AS "counted"
  WHERE "known"."item_id" = "counted"."item_id" AND "known"."positives" <> "counted"."positives";
END $$;

SELECT "count_positives_from"("lowest") FROM "positive_ratings";

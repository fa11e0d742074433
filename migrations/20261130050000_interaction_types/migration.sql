-- What interactions mean is declared in a table, and time decides which of a user's interactions is the latest.

-- Nothing is recorded while this migration rewrites the interactions.
LOCK TABLE "interactions" IN ACCESS EXCLUSIVE MODE;

-- CreateEnum
CREATE TYPE "polarity" AS ENUM ('POSITIVE', 'NEGATIVE', 'NEUTRAL');

-- CreateTable
CREATE TABLE "interaction_types" (
    "id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "polarity" "polarity" NOT NULL DEFAULT 'POSITIVE',
    "weight" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "positive_from" DOUBLE PRECISION,
    "counts_as_seen" BOOLEAN NOT NULL DEFAULT true,
    "counts_once" BOOLEAN NOT NULL DEFAULT true,
    "expires_after_days" DOUBLE PRECISION,

    CONSTRAINT "interaction_types_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "interaction_types_name_key" ON "interaction_types"("name");

-- What Prisma's schema language cannot say stands below.

ALTER TABLE "interaction_types"
  ADD CONSTRAINT "interaction_types_id_is_small" CHECK ("id" BETWEEN 0 AND 31),
  ADD CONSTRAINT "interaction_types_weight_is_bounded" CHECK ("weight" > 0 AND "weight" <= 100),
  ADD CONSTRAINT "interaction_types_positive_from_is_bounded" CHECK ("positive_from" BETWEEN -1e12 AND 1e12),
  ADD CONSTRAINT "interaction_types_expiry_is_bounded" CHECK ("expires_after_days" > 0 AND "expires_after_days" <= 36500);

INSERT INTO "interaction_types" ("id", "name", "polarity", "positive_from", "counts_as_seen") VALUES
  (0, 'RATE', 'POSITIVE', (SELECT "lowest" FROM "positive_ratings"), true),
  (1, 'VIEW', 'POSITIVE', NULL, true),
  (2, 'CLICK', 'POSITIVE', NULL, true),
  (3, 'PURCHASE', 'POSITIVE', NULL, true),
  (4, 'DISLIKE', 'NEGATIVE', NULL, true),
  (5, 'IMPRESSION', 'NEUTRAL', NULL, false),
  (6, 'CART', 'POSITIVE', NULL, true),
  (7, 'PLAY', 'POSITIVE', 0.5, true);

-- AlterTable
ALTER TABLE "interactions" ALTER COLUMN "type" TYPE TEXT COLLATE "C" USING "type"::text;

-- DropEnum
DROP TYPE "interaction_type";

-- AddForeignKey
ALTER TABLE "interactions" ADD CONSTRAINT "interactions_type_fkey" FOREIGN KEY ("type") REFERENCES "interaction_types"("name") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- DropIndex
DROP INDEX "interactions_item_id_id_idx";

-- CreateIndex
CREATE INDEX "interactions_item_id_occurred_at_id_idx" ON "interactions"("item_id", "occurred_at", "id");

-- CreateIndex
-- Interactions are stored in the order of their IDs, so the latest ones of all users are found by a small index.
CREATE INDEX "interactions_id_idx" ON "interactions" USING BRIN ("id");

-- What an interaction says about the user's opinion of the item: the weight of its type if the user likes the item, minus
-- this weight if the user dislikes it, and 0 for a rating that is not positive. NULL if it says nothing.
CREATE FUNCTION "opinion"(
  "type" TEXT, "polarity" "polarity", "weight" DOUBLE PRECISION, "positive_from" DOUBLE PRECISION, "value" DOUBLE PRECISION
) RETURNS DOUBLE PRECISION LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN "polarity" = 'NEUTRAL' THEN NULL
    WHEN "polarity" = 'NEGATIVE' THEN -"weight"
    WHEN "positive_from" IS NULL OR "value" >= "positive_from" THEN "weight"
    WHEN "type" = 'RATE' THEN 0
  END
$$;

-- The interactions that say something about the user's opinion of the item and have not expired.
CREATE VIEW "opinions" AS
SELECT "interactions"."id", "user_id", "item_id", "type", "value", "occurred_at",
  "opinion"("type", "polarity", "weight", "positive_from", "value") AS "opinion"
FROM "interactions" JOIN "interaction_types" ON "interaction_types"."name" = "type"
WHERE "opinion"("type", "polarity", "weight", "positive_from", "value") IS NOT NULL
  AND ("expires_after_days" IS NULL OR "occurred_at" > now() - "expires_after_days" * interval '1 day');

-- A positive counts if the same user, item and type has no earlier one, or if the type counts each repetition. Whoever
-- stores interactions has locked their users, so all earlier ones are visible here and have lower IDs. A bulk load mostly
-- stores users without any, whose interactions are not looked up one by one. A plan can outlast the time in which the
-- table was small, so it must use the indexes from the beginning.
CREATE OR REPLACE FUNCTION "count_added_interactions"() RETURNS trigger LANGUAGE plpgsql SET "enable_seqscan" = off AS $$
BEGIN
  WITH "known_users" AS MATERIALIZED (
    SELECT "user_id" FROM (SELECT "user_id", min("id") AS "first" FROM "added" GROUP BY "user_id") AS "owners"
    WHERE (
      SELECT TRUE FROM "interactions" AS "earlier"
      WHERE "earlier"."user_id" = "owners"."user_id" AND "earlier"."id" < "owners"."first" ORDER BY "id" LIMIT 1
    )
  ),
  "groups" AS (
    SELECT "user_id", "item_id", "type", "counts_once", "positive_from", count(*) AS "interactions",
      count(*) FILTER (WHERE "opinion"("type", "polarity", "weight", "positive_from", "value") > 0) AS "positives",
      min("added"."id") FILTER (WHERE "opinion"("type", "polarity", "weight", "positive_from", "value") > 0) AS "first_positive"
    FROM "added" JOIN "interaction_types" ON "name" = "type"
    GROUP BY "user_id", "item_id", "type", "counts_once", "positive_from"
  )
  INSERT INTO "item_popularity" AS "known" ("item_id", "interactions", "positives")
  SELECT "item_id", sum("interactions"), sum(CASE
    WHEN NOT "counts_once" THEN "positives"
    WHEN "first_positive" IS NULL OR ("user_id" IN (SELECT "user_id" FROM "known_users") AND EXISTS (
      SELECT FROM "interactions" AS "earlier"
      WHERE "earlier"."user_id" = "groups"."user_id" AND "earlier"."item_id" = "groups"."item_id"
        AND "earlier"."type" = "groups"."type" AND "earlier"."id" < "groups"."first_positive"
        AND ("groups"."positive_from" IS NULL OR "earlier"."value" >= "groups"."positive_from")
    )) THEN 0
    ELSE 1
  END)
  FROM "groups" GROUP BY "item_id" ORDER BY "item_id"
  ON CONFLICT ("item_id") DO UPDATE SET "interactions" = "known"."interactions" + EXCLUDED."interactions",
    "positives" = "known"."positives" + EXCLUDED."positives";
  RETURN NULL;
END $$;

-- A positive no longer counts if the same user, item and type has none left, or if the type counts each repetition. The
-- users are locked first, so that nobody records the same positive meanwhile. An item that is deleted itself needs no
-- count.
CREATE OR REPLACE FUNCTION "count_removed_interactions"() RETURNS trigger LANGUAGE plpgsql SET "enable_seqscan" = off AS $$
DECLARE
  "lasting" CONSTANT INTEGER[] := ARRAY(SELECT "id" FROM "items" WHERE "id" IN (SELECT "item_id" FROM "removed"));
BEGIN
  PERFORM FROM "users" WHERE "id" IN (SELECT "user_id" FROM "removed" WHERE "item_id" IN (SELECT unnest("lasting")))
  ORDER BY "external_id" FOR NO KEY UPDATE;
  WITH "groups" AS (
    SELECT "user_id", "item_id", "type", "counts_once", "positive_from", count(*) AS "interactions",
      count(*) FILTER (WHERE "opinion"("type", "polarity", "weight", "positive_from", "value") > 0) AS "positives"
    FROM "removed" JOIN "interaction_types" ON "name" = "type" WHERE "item_id" IN (SELECT unnest("lasting"))
    GROUP BY "user_id", "item_id", "type", "counts_once", "positive_from"
  ),
  "lost" AS (
    SELECT "item_id", sum("interactions") AS "interactions", sum(CASE
      WHEN NOT "counts_once" THEN "positives"
      WHEN "positives" = 0 OR EXISTS (
        SELECT FROM "interactions" AS "remaining"
        WHERE "remaining"."user_id" = "groups"."user_id" AND "remaining"."item_id" = "groups"."item_id"
          AND "remaining"."type" = "groups"."type"
          AND ("groups"."positive_from" IS NULL OR "remaining"."value" >= "groups"."positive_from")
      ) THEN 0
      ELSE 1
    END) AS "positives"
    FROM "groups" GROUP BY "item_id"
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

-- Counts the positives of all items again, after the meaning of a type has changed. Whoever records or deletes
-- interactions waits for the lock, and their triggers then read the new meanings, because every statement of a trigger has
-- its own snapshot.
CREATE FUNCTION "count_positives"() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE "interactions" IN SHARE ROW EXCLUSIVE MODE;
  UPDATE "item_popularity" AS "known" SET "positives" = "counted"."positives"
  FROM (
    SELECT "item_id", sum(CASE WHEN "counts_once" THEN least("positives", 1) ELSE "positives" END) AS "positives"
    FROM (
      SELECT "user_id", "item_id", "type", "counts_once",
        count(*) FILTER (WHERE "opinion"("type", "polarity", "weight", "positive_from", "value") > 0) AS "positives"
      FROM "interactions" JOIN "interaction_types" ON "name" = "type" GROUP BY "user_id", "item_id", "type", "counts_once"
    ) AS "groups" GROUP BY "item_id"
  ) AS "counted"
  WHERE "known"."item_id" = "counted"."item_id" AND "known"."positives" <> "counted"."positives";
END $$;

-- Changes which ratings are positive, and counts all interactions again.
CREATE OR REPLACE FUNCTION "count_positives_from"("rating" DOUBLE PRECISION) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE "interactions" IN SHARE ROW EXCLUSIVE MODE;
  UPDATE "interaction_types" SET "positive_from" = "rating" WHERE "name" = 'RATE';
  PERFORM "count_positives"();
END $$;

-- DropTable
DROP TABLE "positive_ratings";

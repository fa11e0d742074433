-- Popularity counts a user, an item and a type once, however often the user repeats the interaction.

-- Nothing is recorded while this migration counts. What waits for this lock is counted by the new triggers.
LOCK TABLE "interactions" IN SHARE ROW EXCLUSIVE MODE;

-- CreateIndex
CREATE INDEX "interactions_user_id_item_id_type_id_idx" ON "interactions"("user_id", "item_id", "type", "id");

-- What Prisma's schema language cannot say stands below.

-- A positive counts if the same user, item and type has no earlier one. Whoever stores interactions has locked their
-- users, so all earlier ones are visible here and have lower IDs. A bulk load mostly stores users without any, whose
-- interactions are not looked up one by one. A plan can outlast the time in which the table was small, so it must use
-- the indexes from the beginning.
CREATE OR REPLACE FUNCTION "count_added_interactions"() RETURNS trigger LANGUAGE plpgsql SET "enable_seqscan" = off AS $$
DECLARE
  "positive_from" CONSTANT DOUBLE PRECISION := (SELECT "lowest" FROM "positive_ratings");
BEGIN
  WITH "known_users" AS MATERIALIZED (
    SELECT "user_id" FROM (SELECT "user_id", min("id") AS "first" FROM "added" GROUP BY "user_id") AS "owners"
    WHERE (
      SELECT TRUE FROM "interactions" AS "earlier"
      WHERE "earlier"."user_id" = "owners"."user_id" AND "earlier"."id" < "owners"."first" ORDER BY "id" LIMIT 1
    )
  ),
  "groups" AS (
    SELECT "user_id", "item_id", "type", count(*) AS "interactions",
      min("id") FILTER (WHERE "type" <> 'RATE' OR "value" >= "positive_from") AS "first_positive"
    FROM "added" GROUP BY "user_id", "item_id", "type"
  )
  INSERT INTO "item_popularity" AS "known" ("item_id", "interactions", "positives")
  SELECT "item_id", sum("interactions"), count("first_positive") FILTER (
    WHERE NOT ("user_id" IN (SELECT "user_id" FROM "known_users") AND EXISTS (
      SELECT FROM "interactions" AS "earlier"
      WHERE "earlier"."user_id" = "groups"."user_id" AND "earlier"."item_id" = "groups"."item_id"
        AND "earlier"."type" = "groups"."type" AND "earlier"."id" < "groups"."first_positive"
        AND ("earlier"."type" <> 'RATE' OR "earlier"."value" >= "positive_from")
    ))
  )
  FROM "groups" GROUP BY "item_id" ORDER BY "item_id"
  ON CONFLICT ("item_id") DO UPDATE SET "interactions" = "known"."interactions" + EXCLUDED."interactions",
    "positives" = "known"."positives" + EXCLUDED."positives";
  RETURN NULL;
END $$;

-- A positive no longer counts if the same user, item and type has none left. The users are locked first, so that nobody
-- records the same positive meanwhile. An item that is deleted itself needs no count.
CREATE OR REPLACE FUNCTION "count_removed_interactions"() RETURNS trigger LANGUAGE plpgsql SET "enable_seqscan" = off AS $$
DECLARE
  "positive_from" CONSTANT DOUBLE PRECISION := (SELECT "lowest" FROM "positive_ratings");
  "lasting" CONSTANT INTEGER[] := ARRAY(SELECT "id" FROM "items" WHERE "id" IN (SELECT "item_id" FROM "removed"));
BEGIN
  PERFORM FROM "users" WHERE "id" IN (SELECT "user_id" FROM "removed" WHERE "item_id" IN (SELECT unnest("lasting")))
  ORDER BY "external_id" FOR NO KEY UPDATE;
  WITH "groups" AS (
    SELECT "user_id", "item_id", "type", count(*) AS "interactions",
      bool_or("type" <> 'RATE' OR "value" >= "positive_from") AS "was_positive"
    FROM "removed" WHERE "item_id" IN (SELECT unnest("lasting")) GROUP BY "user_id", "item_id", "type"
  ),
  "lost" AS (
    SELECT "item_id", sum("interactions") AS "interactions", count(*) FILTER (
      WHERE "was_positive" AND NOT EXISTS (
        SELECT FROM "interactions" AS "remaining"
        WHERE "remaining"."user_id" = "groups"."user_id" AND "remaining"."item_id" = "groups"."item_id"
          AND "remaining"."type" = "groups"."type"
          AND ("remaining"."type" <> 'RATE' OR "remaining"."value" >= "positive_from")
      )
    ) AS "positives"
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

-- Like before, except that a user, an item and a type count once.
CREATE OR REPLACE FUNCTION "count_positives_from"("rating" DOUBLE PRECISION) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  LOCK TABLE "interactions" IN SHARE ROW EXCLUSIVE MODE;
  UPDATE "positive_ratings" SET "lowest" = "rating";
  UPDATE "item_popularity" AS "known" SET "positives" = "counted"."positives"
  FROM (
    SELECT "item_id", count(*) FILTER (WHERE "is_positive") AS "positives"
    FROM (
      SELECT "item_id", bool_or("type" <> 'RATE' OR "value" >= "rating") AS "is_positive"
      FROM "interactions" GROUP BY "user_id", "item_id", "type"
    ) AS "groups" GROUP BY "item_id"
  ) AS "counted"
  WHERE "known"."item_id" = "counted"."item_id" AND "known"."positives" <> "counted"."positives";
END $$;

SELECT "count_positives_from"("lowest") FROM "positive_ratings";

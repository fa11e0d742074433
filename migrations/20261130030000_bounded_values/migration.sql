-- No time and no value of an interaction that is stored otherwise than by the API can make a read or a training fail.
-- Times have years of four digits, since JavaScript and JSON have no form for infinite times. Values are as large as the
-- API accepts.
--
-- Prisma's schema language cannot say any of this.

UPDATE "interactions" SET "value" = sign("value") * 1e12 WHERE abs("value") > 1e12;
ALTER TABLE "interactions"
  DROP CONSTRAINT "interactions_value_is_finite",
  ADD CONSTRAINT "interactions_value_is_bounded" CHECK ("value" BETWEEN -1e12 AND 1e12);

-- Times that are too late become those of now, or NULL where that means "never". Times that are too early become the
-- first one.
DO $$
DECLARE
  "earliest" CONSTANT TEXT := '0001-01-01 00:00:00+00';
  "latest" CONSTANT TEXT := '9999-12-31 23:59:59.999+00';
  "time" RECORD;
BEGIN
  FOR "time" IN
    SELECT "table_name", "column_name", "is_nullable" FROM information_schema.columns
    WHERE "table_schema" = current_schema() AND "data_type" = 'timestamp with time zone'
      AND "table_name" IN (SELECT "tablename" FROM "pg_tables" WHERE "schemaname" = current_schema())
      AND "table_name" <> '_prisma_migrations'
  LOOP
    EXECUTE format(
      'UPDATE %1$I SET %2$I = CASE WHEN %2$I > %4$L THEN %5$s::timestamptz ELSE %3$L::timestamptz END WHERE %2$I NOT BETWEEN %3$L AND %4$L',
      "time"."table_name", "time"."column_name", "earliest", "latest",
      CASE "time"."is_nullable" WHEN 'YES' THEN 'NULL' ELSE 'now()' END
    );
    EXECUTE format(
      'ALTER TABLE %1$I ADD CONSTRAINT %3$I CHECK (%2$I BETWEEN %4$L AND %5$L)',
      "time"."table_name", "time"."column_name",
      "time"."table_name" || '_' || "time"."column_name" || '_is_bounded', "earliest", "latest"
    );
  END LOOP;
END $$;

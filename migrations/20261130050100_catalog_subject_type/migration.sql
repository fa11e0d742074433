-- Servers learn from the change log which types of interactions are declared.
ALTER TYPE "catalog_subject" ADD VALUE 'TYPE';

-- What Prisma's schema language cannot say stands below.

DO $$
DECLARE
  "event" TEXT;
BEGIN
  FOREACH "event" IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] LOOP
    EXECUTE format('CREATE TRIGGER %I AFTER %s ON "interaction_types" %s FOR EACH STATEMENT EXECUTE FUNCTION "log_catalog_change"(''TYPE'', ''id'')',
      'log_' || lower("event"), "event",
      CASE "event" WHEN 'TRUNCATE' THEN '' WHEN 'DELETE' THEN 'REFERENCING OLD TABLE AS "changed"'
        ELSE 'REFERENCING NEW TABLE AS "changed"' END);
    EXECUTE format('ALTER TABLE "interaction_types" ENABLE ALWAYS TRIGGER %I', 'log_' || lower("event"));
  END LOOP;
END $$;

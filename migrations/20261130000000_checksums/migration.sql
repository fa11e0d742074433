-- A version whose parameters are not those that training stored makes no lists.
ALTER TABLE "model_versions" ADD COLUMN "checksum" BYTEA;
UPDATE "model_versions" SET "checksum" = sha256("parameters");
ALTER TABLE "model_versions" ALTER COLUMN "checksum" SET NOT NULL;

-- What Prisma's schema language cannot say stands below.

-- A worker that was started before this migration stores versions without a checksum.
CREATE FUNCTION "add_checksum"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."checksum" := coalesce(NEW."checksum", sha256(NEW."parameters"));
  RETURN NEW;
END $$;

CREATE TRIGGER "model_versions_checksum" BEFORE INSERT ON "model_versions"
FOR EACH ROW EXECUTE FUNCTION "add_checksum"();

-- A version whose parameters are not those that training stored makes no lists.
ALTER TABLE "model_versions" ADD COLUMN "checksum" BYTEA;
UPDATE "model_versions" SET "checksum" = sha256("parameters");
ALTER TABLE "model_versions" ALTER COLUMN "checksum" SET NOT NULL;

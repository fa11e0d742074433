-- The length of a history from which a version makes lists. NULL in versions that make lists from 1 interaction on.

-- AlterTable
ALTER TABLE "model_versions" ADD COLUMN "serves_from" INTEGER;

ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_serves_from_check" CHECK ("serves_from" >= 0);

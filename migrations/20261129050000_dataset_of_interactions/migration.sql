-- A bulk load recognizes what it has stored by the dataset and the columns of the interaction. Before, it stored a key,
-- which was most of the row and most of an index.

-- AlterTable
ALTER TABLE "interactions" ADD COLUMN "dataset" TEXT;

-- DropIndex
DROP INDEX "interactions_user_id_idempotency_key_key";

UPDATE "interactions" SET "dataset" = split_part("idempotency_key", ':', 2), "idempotency_key" = NULL
WHERE "idempotency_key" LIKE 'import:%';

-- What Prisma's schema language cannot say stands below.

-- Interactions without a key cost nothing here.
CREATE UNIQUE INDEX "interactions_user_id_idempotency_key_key" ON "interactions"("user_id", "idempotency_key")
WHERE "idempotency_key" IS NOT NULL;

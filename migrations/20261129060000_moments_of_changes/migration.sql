-- DropIndex
DROP INDEX "catalog_changes_at_idx";

-- AlterTable
ALTER TABLE "catalog_changes" DROP COLUMN "at";

-- CreateTable
CREATE TABLE "catalog_moments" (
    "at" TIMESTAMPTZ(3) NOT NULL,
    "snapshot" pg_snapshot NOT NULL,

    CONSTRAINT "catalog_moments_pkey" PRIMARY KEY ("at")
);

-- A step back is told from a promotion of the same version, so that the next one goes further back.

-- AlterTable
ALTER TABLE "promotion_decisions" ADD COLUMN "rollback" BOOLEAN NOT NULL DEFAULT false;

-- Decisions outlive the versions that they name: where a rollback goes follows from all of them.

-- DropForeignKey
ALTER TABLE "promotion_decisions" DROP CONSTRAINT "promotion_decisions_model_version_id_fkey";

-- DropForeignKey
ALTER TABLE "promotion_decisions" DROP CONSTRAINT "promotion_decisions_previous_version_id_fkey";

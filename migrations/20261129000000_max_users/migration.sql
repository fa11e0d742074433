-- The maximum number of users to train on is now called "max_users", in the tables and in the stored requests of
-- idempotency keys.

-- AlterTable
ALTER TABLE "training_runs" RENAME COLUMN "most_users" TO "max_users";

-- AlterTable
ALTER TABLE "retrain_schedules" RENAME COLUMN "most_users" TO "max_users";

UPDATE "training_run_keys"
SET "request" = ("request" - 'mostUsers') || jsonb_build_object('maxUsers', "request" -> 'mostUsers')
WHERE "request" ? 'mostUsers';

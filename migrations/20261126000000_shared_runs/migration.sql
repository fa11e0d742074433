-- A run may be asked for more than once: by several keys, and by schedules that did not start it.

-- CreateTable
CREATE TABLE "training_run_keys" (
    "key" TEXT NOT NULL,
    "run_id" INTEGER NOT NULL,

    CONSTRAINT "training_run_keys_pkey" PRIMARY KEY ("key")
);

-- AlterTable
ALTER TABLE "retrain_schedules" ADD COLUMN "last_run_id" INTEGER;

-- CreateIndex
CREATE INDEX "training_run_keys_run_id_idx" ON "training_run_keys"("run_id");

-- AddForeignKey
ALTER TABLE "training_run_keys" ADD CONSTRAINT "training_run_keys_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "training_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "retrain_schedules" ADD CONSTRAINT "retrain_schedules_last_run_id_fkey" FOREIGN KEY ("last_run_id") REFERENCES "training_runs"("id") ON DELETE SET NULL ON UPDATE CASCADE;

INSERT INTO "training_run_keys" ("key", "run_id")
SELECT "idempotency_key", "id" FROM "training_runs" WHERE "idempotency_key" IS NOT NULL;

UPDATE "retrain_schedules" SET "last_run_id" = (SELECT max("id") FROM "training_runs" WHERE "schedule_id" = "retrain_schedules"."id");

-- DropIndex
DROP INDEX "training_runs_idempotency_key_key";

-- AlterTable
ALTER TABLE "training_runs" DROP COLUMN "idempotency_key";

-- What admins and operators do: keys, queued and scheduled trainings, decisions which version serves.

-- AlterEnum
ALTER TYPE "run_status" ADD VALUE 'QUEUED' BEFORE 'RUNNING';
ALTER TYPE "run_status" ADD VALUE 'CANCELLED';

-- CreateEnum
CREATE TYPE "run_trigger" AS ENUM ('API', 'SCHEDULE', 'COMMAND_LINE');

-- CreateEnum
CREATE TYPE "training_event_kind" AS ENUM ('LOSS', 'EPOCH', 'LOG');

-- CreateEnum
CREATE TYPE "decided_by" AS ENUM ('RULE', 'PERSON');

-- CreateEnum
CREATE TYPE "api_key_role" AS ENUM ('CLIENT', 'ADMIN');

-- DropIndex
DROP INDEX "training_runs_started_at_idx";

-- AlterTable
ALTER TABLE "model_versions" ADD COLUMN "data_snapshot" JSONB,
ADD COLUMN "evaluation" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "training_runs" ADD COLUMN "attempt" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "cancel_requested_at" TIMESTAMPTZ(3),
ADD COLUMN "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN "idempotency_key" TEXT,
ADD COLUMN "most_users" INTEGER,
ADD COLUMN "schedule_id" INTEGER,
ADD COLUMN "trigger" "run_trigger" NOT NULL DEFAULT 'COMMAND_LINE',
ALTER COLUMN "status" DROP DEFAULT,
ALTER COLUMN "engine" DROP NOT NULL,
ALTER COLUMN "started_at" DROP NOT NULL,
ALTER COLUMN "started_at" DROP DEFAULT;

UPDATE "training_runs" SET "created_at" = "started_at";

-- CreateTable
CREATE TABLE "promotion_decisions" (
    "id" SERIAL NOT NULL,
    "task_kind" "task_kind" NOT NULL,
    "model_version_id" INTEGER NOT NULL,
    "previous_version_id" INTEGER,
    "decided_by" "decided_by" NOT NULL,
    "promoted" BOOLEAN NOT NULL,
    "reason" TEXT NOT NULL,
    "metric" TEXT,
    "value" DOUBLE PRECISION,
    "active_value" DOUBLE PRECISION,
    "margin" DOUBLE PRECISION,
    "decided_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "promotion_decisions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "training_events" (
    "id" BIGSERIAL NOT NULL,
    "run_id" INTEGER NOT NULL,
    "kind" "training_event_kind" NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "content" JSONB NOT NULL,

    CONSTRAINT "training_events_pkey" PRIMARY KEY ("run_id","id")
);

-- CreateTable
CREATE TABLE "retrain_schedules" (
    "id" SERIAL NOT NULL,
    "task_kind" "task_kind" NOT NULL,
    "cron" TEXT NOT NULL,
    "timezone" TEXT NOT NULL,
    "config" JSONB NOT NULL,
    "most_users" INTEGER,
    "seed" INTEGER NOT NULL,
    "paused" BOOLEAN NOT NULL DEFAULT false,
    "next_run_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "retrain_schedules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "role" "api_key_role" NOT NULL,
    "prefix" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "promotion_decisions_model_version_id_id_idx" ON "promotion_decisions"("model_version_id", "id");

-- CreateIndex
CREATE INDEX "promotion_decisions_task_kind_id_idx" ON "promotion_decisions"("task_kind", "id");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys"("hash");

-- CreateIndex
CREATE UNIQUE INDEX "training_runs_idempotency_key_key" ON "training_runs"("idempotency_key");

-- CreateIndex
CREATE INDEX "training_runs_schedule_id_id_idx" ON "training_runs"("schedule_id", "id");

-- AddForeignKey
ALTER TABLE "promotion_decisions" ADD CONSTRAINT "promotion_decisions_model_version_id_fkey" FOREIGN KEY ("model_version_id") REFERENCES "model_versions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "promotion_decisions" ADD CONSTRAINT "promotion_decisions_previous_version_id_fkey" FOREIGN KEY ("previous_version_id") REFERENCES "model_versions"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_schedule_id_fkey" FOREIGN KEY ("schedule_id") REFERENCES "retrain_schedules"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "training_events" ADD CONSTRAINT "training_events_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "training_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

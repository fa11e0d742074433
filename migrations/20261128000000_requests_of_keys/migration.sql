-- What a key came with, so that the same request is known again whatever it is completed by. NULL for keys from before.

-- AlterTable
ALTER TABLE "training_run_keys" ADD COLUMN "request" JSONB;

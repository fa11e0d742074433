-- CreateEnum
CREATE TYPE "entity_kind" AS ENUM ('USER', 'ITEM');

-- CreateEnum
CREATE TYPE "feature_kind" AS ENUM ('CATEGORICAL', 'MULTI_VALUED', 'NUMERIC');

-- CreateEnum
CREATE TYPE "interaction_type" AS ENUM ('RATE', 'VIEW', 'CLICK', 'PURCHASE');

-- CreateEnum
CREATE TYPE "task_kind" AS ENUM ('USER', 'SCENARIO');

-- CreateEnum
CREATE TYPE "run_status" AS ENUM ('RUNNING', 'SUCCEEDED', 'FAILED');

-- CreateTable
CREATE TABLE "users" (
    "id" SERIAL NOT NULL,
    "external_id" TEXT NOT NULL,
    "features" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "items" (
    "id" SERIAL NOT NULL,
    "external_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "features" JSONB NOT NULL DEFAULT '{}',
    "available" BOOLEAN NOT NULL DEFAULT true,
    "revision" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "items_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "scenarios" (
    "id" SERIAL NOT NULL,
    "external_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "scenarios_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "scenario_items" (
    "scenario_id" INTEGER NOT NULL,
    "item_id" INTEGER NOT NULL,

    CONSTRAINT "scenario_items_pkey" PRIMARY KEY ("scenario_id","item_id")
);

-- CreateTable
CREATE TABLE "interactions" (
    "id" BIGSERIAL NOT NULL,
    "user_id" INTEGER NOT NULL,
    "item_id" INTEGER NOT NULL,
    "scenario_id" INTEGER,
    "type" "interaction_type" NOT NULL,
    "value" DOUBLE PRECISION,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "idempotency_key" TEXT,

    CONSTRAINT "interactions_pkey" PRIMARY KEY ("user_id","id")
);

-- CreateTable
CREATE TABLE "item_popularity" (
    "item_id" INTEGER NOT NULL,
    "interactions" INTEGER NOT NULL,

    CONSTRAINT "item_popularity_pkey" PRIMARY KEY ("item_id")
);

-- CreateTable
CREATE TABLE "feature_fields" (
    "id" SERIAL NOT NULL,
    "entity" "entity_kind" NOT NULL,
    "name" TEXT NOT NULL,
    "kind" "feature_kind" NOT NULL,

    CONSTRAINT "feature_fields_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "feature_schemas" (
    "hash" TEXT NOT NULL,
    "fields" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "feature_schemas_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "model_versions" (
    "id" SERIAL NOT NULL,
    "task_kind" "task_kind" NOT NULL,
    "kind" TEXT NOT NULL,
    "config" JSONB NOT NULL,
    "feature_schema_hash" TEXT NOT NULL,
    "parameters" BYTEA NOT NULL,
    "metrics" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "model_versions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "active_models" (
    "task_kind" "task_kind" NOT NULL,
    "model_version_id" INTEGER NOT NULL,
    "promoted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "active_models_pkey" PRIMARY KEY ("task_kind")
);

-- CreateTable
CREATE TABLE "training_runs" (
    "id" SERIAL NOT NULL,
    "task_kind" "task_kind" NOT NULL,
    "status" "run_status" NOT NULL DEFAULT 'RUNNING',
    "config" JSONB NOT NULL,
    "seed" INTEGER NOT NULL,
    "engine" TEXT NOT NULL,
    "progress" JSONB NOT NULL DEFAULT '{}',
    "metrics" JSONB NOT NULL DEFAULT '{}',
    "error" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "model_version_id" INTEGER,

    CONSTRAINT "training_runs_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_external_id_key" ON "users"("external_id");

-- CreateIndex
CREATE UNIQUE INDEX "items_external_id_key" ON "items"("external_id");

-- CreateIndex
CREATE UNIQUE INDEX "scenarios_external_id_key" ON "scenarios"("external_id");

-- CreateIndex
CREATE INDEX "scenario_items_item_id_idx" ON "scenario_items"("item_id");

-- CreateIndex
CREATE INDEX "interactions_item_id_idx" ON "interactions"("item_id");

-- CreateIndex
CREATE INDEX "interactions_scenario_id_id_idx" ON "interactions"("scenario_id", "id") WHERE "scenario_id" IS NOT NULL;

-- CreateIndex
CREATE UNIQUE INDEX "interactions_user_id_idempotency_key_key" ON "interactions"("user_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "item_popularity_interactions_item_id_idx" ON "item_popularity"("interactions" DESC, "item_id");

-- CreateIndex
CREATE UNIQUE INDEX "feature_fields_entity_name_key" ON "feature_fields"("entity", "name");

-- CreateIndex
CREATE UNIQUE INDEX "active_models_model_version_id_key" ON "active_models"("model_version_id");

-- CreateIndex
CREATE UNIQUE INDEX "training_runs_model_version_id_key" ON "training_runs"("model_version_id");

-- CreateIndex
CREATE INDEX "training_runs_started_at_idx" ON "training_runs"("started_at" DESC);

-- AddForeignKey
ALTER TABLE "scenario_items" ADD CONSTRAINT "scenario_items_scenario_id_fkey" FOREIGN KEY ("scenario_id") REFERENCES "scenarios"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "scenario_items" ADD CONSTRAINT "scenario_items_item_id_fkey" FOREIGN KEY ("item_id") REFERENCES "items"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "interactions" ADD CONSTRAINT "interactions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "interactions" ADD CONSTRAINT "interactions_item_id_fkey" FOREIGN KEY ("item_id") REFERENCES "items"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "interactions" ADD CONSTRAINT "interactions_scenario_id_fkey" FOREIGN KEY ("scenario_id") REFERENCES "scenarios"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "item_popularity" ADD CONSTRAINT "item_popularity_item_id_fkey" FOREIGN KEY ("item_id") REFERENCES "items"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "model_versions" ADD CONSTRAINT "model_versions_feature_schema_hash_fkey" FOREIGN KEY ("feature_schema_hash") REFERENCES "feature_schemas"("hash") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "active_models" ADD CONSTRAINT "active_models_model_version_id_fkey" FOREIGN KEY ("model_version_id") REFERENCES "model_versions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "training_runs" ADD CONSTRAINT "training_runs_model_version_id_fkey" FOREIGN KEY ("model_version_id") REFERENCES "model_versions"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- What Prisma's schema language cannot say stands below.

-- NaN sorts above Infinity in PostgreSQL, so this refuses both and -Infinity.
ALTER TABLE "interactions" ADD CONSTRAINT "interactions_value_is_finite" CHECK ("value" > '-Infinity' AND "value" < 'Infinity');

ALTER TABLE "users" ADD CONSTRAINT "users_features_is_an_object" CHECK (jsonb_typeof("features") = 'object');
ALTER TABLE "items" ADD CONSTRAINT "items_features_is_an_object" CHECK (jsonb_typeof("features") = 'object');

-- Embeddings of items are cached by (id, revision), so every change of what a model reads must count.
CREATE FUNCTION "count_item_revision"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."revision" := OLD."revision" + 1;
  RETURN NEW;
END $$;

CREATE TRIGGER "count_item_revision" BEFORE UPDATE ON "items" FOR EACH ROW
  WHEN (OLD."features" IS DISTINCT FROM NEW."features")
  EXECUTE FUNCTION "count_item_revision"();

-- Popularity is counted a statement at a time, so that a bulk load pays once an item. Rows are taken in the order of
-- their ids: two writers then wait for each other instead of deadlocking.
CREATE FUNCTION "count_added_interactions"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "item_popularity" AS "known" ("item_id", "interactions")
  SELECT "item_id", count(*) FROM "added" GROUP BY "item_id" ORDER BY "item_id"
  ON CONFLICT ("item_id") DO UPDATE SET "interactions" = "known"."interactions" + EXCLUDED."interactions";
  RETURN NULL;
END $$;

CREATE TRIGGER "count_added_interactions" AFTER INSERT ON "interactions" REFERENCING NEW TABLE AS "added"
  FOR EACH STATEMENT EXECUTE FUNCTION "count_added_interactions"();
-- Also where a session has put ordinary triggers aside.
ALTER TABLE "interactions" ENABLE ALWAYS TRIGGER "count_added_interactions";

CREATE FUNCTION "count_removed_interactions"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  WITH "lost" AS (SELECT "item_id", count(*) AS "interactions" FROM "removed" GROUP BY "item_id"),
  "locked" AS (
    SELECT "item_id" FROM "item_popularity" WHERE "item_id" IN (SELECT "item_id" FROM "lost")
    ORDER BY "item_id" FOR UPDATE
  )
  UPDATE "item_popularity" AS "known" SET "interactions" = "known"."interactions" - "lost"."interactions"
  FROM "lost" JOIN "locked" USING ("item_id") WHERE "known"."item_id" = "lost"."item_id";
  RETURN NULL;
END $$;

CREATE TRIGGER "count_removed_interactions" AFTER DELETE ON "interactions" REFERENCING OLD TABLE AS "removed"
  FOR EACH STATEMENT EXECUTE FUNCTION "count_removed_interactions"();

-- Parameters are read in parts; kept uncompressed, a part is found without reading those before it.
ALTER TABLE "model_versions" ALTER COLUMN "parameters" SET STORAGE EXTERNAL;

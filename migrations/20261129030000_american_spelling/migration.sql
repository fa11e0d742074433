-- The fields `regularisation` and `regularisationExponent` of recipes are now spelled with a z.
UPDATE "model_versions" SET "config" = replace("config"::text, '"regularisation', '"regularization')::jsonb
WHERE "config"::text LIKE '%"regularisation%';
UPDATE "training_runs" SET "config" = replace("config"::text, '"regularisation', '"regularization')::jsonb
WHERE "config"::text LIKE '%"regularisation%';
UPDATE "retrain_schedules" SET "config" = replace("config"::text, '"regularisation', '"regularization')::jsonb
WHERE "config"::text LIKE '%"regularisation%';
UPDATE "training_run_keys" SET "request" = replace("request"::text, '"regularisation', '"regularization')::jsonb
WHERE "request"::text LIKE '%"regularisation%';

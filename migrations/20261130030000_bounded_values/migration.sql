-- No value that is stored otherwise than by the API can make a read or a training fail. Times have years of four digits,
-- since JavaScript and JSON have no form for infinite times. Values are as large as the API accepts.
--
-- Prisma's schema language cannot say any of this.

UPDATE "interactions" SET "value" = sign("value") * 1e12 WHERE abs("value") > 1e12;
UPDATE "interactions" SET "occurred_at" = now()
WHERE "occurred_at" NOT BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00';
ALTER TABLE "interactions"
  DROP CONSTRAINT "interactions_value_is_finite",
  ADD CONSTRAINT "interactions_value_is_bounded" CHECK ("value" BETWEEN -1e12 AND 1e12),
  ADD CONSTRAINT "interactions_time_is_bounded"
    CHECK ("occurred_at" BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00');

UPDATE "users" SET "created_at" = now(), "updated_at" = now()
WHERE "created_at" NOT BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00'
  OR "updated_at" NOT BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00';
ALTER TABLE "users" ADD CONSTRAINT "users_times_are_bounded" CHECK (
  "created_at" BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00'
  AND "updated_at" BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00');

UPDATE "items" SET "created_at" = now(), "updated_at" = now()
WHERE "created_at" NOT BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00'
  OR "updated_at" NOT BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00';
ALTER TABLE "items" ADD CONSTRAINT "items_times_are_bounded" CHECK (
  "created_at" BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00'
  AND "updated_at" BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00');

UPDATE "scenarios" SET "created_at" = now()
WHERE "created_at" NOT BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00';
ALTER TABLE "scenarios" ADD CONSTRAINT "scenarios_time_is_bounded"
  CHECK ("created_at" BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00');

-- Without an end, `expires_at` is null.
UPDATE "api_keys" SET "expires_at" = NULL WHERE "expires_at" > '9999-12-31 23:59:59.999+00';
UPDATE "api_keys" SET "expires_at" = '0001-01-01 00:00:00+00' WHERE "expires_at" < '0001-01-01 00:00:00+00';
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_end_is_bounded"
  CHECK ("expires_at" BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00');

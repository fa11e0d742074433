-- AlterTable
ALTER TABLE "items" ADD COLUMN "available_from" TIMESTAMPTZ(3), ADD COLUMN "available_until" TIMESTAMPTZ(3);

-- What Prisma's schema language cannot say stands below.

ALTER TABLE "items"
  ADD CONSTRAINT "items_available_from_is_bounded"
    CHECK ("available_from" BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00'),
  ADD CONSTRAINT "items_available_until_is_bounded"
    CHECK ("available_until" BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999+00'),
  ADD CONSTRAINT "items_available_until_is_after_from" CHECK ("available_until" > "available_from");

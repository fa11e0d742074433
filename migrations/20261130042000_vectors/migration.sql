ALTER TYPE "feature_kind" ADD VALUE 'VECTOR';

ALTER TABLE "feature_fields" ADD COLUMN "width" INTEGER;

-- Prisma's schema language cannot say any of this. The kind is compared as a text: a new value of an enum cannot be used
-- in the transaction that adds it.
ALTER TABLE "feature_fields" ADD CONSTRAINT "feature_fields_width_of_vectors"
  CHECK (("kind"::text = 'VECTOR') = ("width" IS NOT NULL) AND "width" BETWEEN 1 AND 4096);

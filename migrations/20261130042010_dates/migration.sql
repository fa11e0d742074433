ALTER TYPE "feature_kind" ADD VALUE 'DATE';

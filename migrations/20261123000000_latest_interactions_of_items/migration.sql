-- A scenario's support set has the latest interactions with each of its items.
CREATE INDEX "interactions_item_id_id_idx" ON "interactions"("item_id", "id");

DROP INDEX "interactions_item_id_idx";

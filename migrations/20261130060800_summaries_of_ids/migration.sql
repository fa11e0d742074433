-- PostgreSQL adds what is new to the index by itself, and not only when it vacuums the table.
ALTER INDEX "interactions_id_idx" SET (autosummarize = on);

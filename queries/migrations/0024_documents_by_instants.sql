-- Documents that were opened or closed in a window, found as those of 0023 are.
ALTER TABLE sightline.documents ADD INDEX IF NOT EXISTS by_opening opened_at TYPE minmax GRANULARITY 1;
ALTER TABLE sightline.documents ADD INDEX IF NOT EXISTS by_closing closed_at TYPE minmax GRANULARITY 1;
ALTER TABLE sightline.documents MATERIALIZE INDEX by_opening SETTINGS mutations_sync = 2;
ALTER TABLE sightline.documents MATERIALIZE INDEX by_closing SETTINGS mutations_sync = 2;

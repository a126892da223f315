-- Documents that began in a window are looked for by their beginning: ids mostly rise with time, so that the bounds of stretches of the key
-- leave most of a long history unread.
ALTER TABLE sightline.control_documents ADD INDEX IF NOT EXISTS by_beginning first_at TYPE minmax GRANULARITY 1;
ALTER TABLE sightline.control_documents MATERIALIZE INDEX by_beginning SETTINGS mutations_sync = 2;

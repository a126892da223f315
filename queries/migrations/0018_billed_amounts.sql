-- Documents: what they amounted to at first, since a second copy repeats what was billed and not what it was corrected to.

ALTER TABLE sightline.control_documents
    ADD COLUMN IF NOT EXISTS first_amount Nullable(Decimal(18, 4)) COMMENT 'First amount that its own events state, in currency; none where that was another currency' AFTER amount;

ALTER TABLE sightline.dirty_objects
    COMMENT COLUMN marked_at 'When its timeline changed, by ClickHouse''s clock; still to come where time alone will change its answers';

arrayZip(
    segment_from_at,
    segment_to_at,
    segment_cause,
    segment_working_us,
    segment_off_us,
    segment_stage,
    segment_step,
    segment_party,
    segment_holder,
    segment_system,
    segment_caused_by
) AS segments

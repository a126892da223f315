-- Whether a document is in scope itself, and not only related to one that is.
(
    {batch:String} = ''
    OR (document_type, document_id) IN (
        -- include shared/scope-keys
    )
)

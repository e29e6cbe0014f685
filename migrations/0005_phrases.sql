-- Notes by the reason phrase that they are about, for phrases met in a trace.

CREATE INDEX note_by_phrase ON note (lang, lower(body ->> '$.phrase')) WHERE body ->> '$.phrase' IS NOT NULL;

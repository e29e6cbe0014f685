-- What the organisation that runs the service adds itself. No import of shipped content touches it.

CREATE TABLE code_range (              -- a set of codes as a rule is written over it
  written TEXT PRIMARY KEY,            -- 408, 501-504, 4xx or any
  first   INTEGER NOT NULL AS (CASE WHEN written = 'any' THEN 100
                                    WHEN substr(written, 2) = 'xx' THEN 100 * CAST(substr(written, 1, 1) AS INTEGER)
                                    ELSE CAST(substr(written, 1, 3) AS INTEGER) END) STORED,
  last    INTEGER NOT NULL AS (CASE WHEN written = 'any' THEN 699
                                    WHEN substr(written, 2) = 'xx' THEN 100 * CAST(substr(written, 1, 1) AS INTEGER) + 99
                                    ELSE CAST(substr(written, -3) AS INTEGER) END) STORED
) STRICT, WITHOUT ROWID;

CREATE INDEX code_range_by_bounds ON code_range (first, last);

CREATE TABLE site_note (
  number       INTEGER PRIMARY KEY,    -- in the order of the site's file
  organisation TEXT NOT NULL,
  vendor       TEXT,                   -- a slug; NULL: not about a product
  body         TEXT NOT NULL CHECK (json_valid(body))  -- as in db/schema/site.json
) STRICT;

CREATE TABLE site_note_range (
  written TEXT NOT NULL REFERENCES code_range (written),
  number  INTEGER NOT NULL REFERENCES site_note (number) ON DELETE CASCADE,
  PRIMARY KEY (written, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX site_note_by_vendor ON site_note (vendor);

CREATE TRIGGER site_note_ranges AFTER INSERT ON site_note BEGIN
  INSERT OR IGNORE INTO code_range (written) SELECT value FROM json_each(new.body, '$.codes');
  INSERT INTO site_note_range (written, number) SELECT value, new.number FROM json_each(new.body, '$.codes');
END;

-- A text of a site is in the languages that the site speaks: the one asked for, else the default one, else the first.
CREATE VIEW site_note_item AS
SELECT l.tag AS lang, s.number, s.vendor,
       json_patch('{}', json_object(
         'organisation', s.organisation, 'vendor', s.vendor, 'codes', s.body -> '$.codes',
         'text', coalesce(s.body ->> ('$.text.' || l.tag), s.body ->> ('$.text.' || d.tag),
                          (SELECT value FROM json_each(s.body, '$.text') LIMIT 1)),
         'lang', CASE WHEN json_type(s.body, '$.text') = 'text' THEN NULL
                      WHEN s.body ->> ('$.text.' || l.tag) IS NOT NULL THEN l.tag
                      WHEN s.body ->> ('$.text.' || d.tag) IS NOT NULL THEN d.tag
                      ELSE (SELECT key FROM json_each(s.body, '$.text') LIMIT 1) END,
         'url', s.body ->> '$.url')) AS item
  FROM site_note AS s
 CROSS JOIN language AS l
  JOIN language AS d ON d.position = 0;

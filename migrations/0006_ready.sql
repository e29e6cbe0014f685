-- What the import works out once, so that a question has only to fetch it. The views say what it is.

CREATE TABLE ready (                   -- every document as it is answered
  kind TEXT NOT NULL,
  lang TEXT NOT NULL,
  key  TEXT NOT NULL,
  body BLOB NOT NULL,                  -- JSON and a line feed, compressed by gzip
  UNIQUE (kind, lang, key)
) STRICT;

CREATE TABLE item (                    -- every entry in its short form
  kind     TEXT NOT NULL,
  lang     TEXT NOT NULL,
  key      TEXT NOT NULL,
  position INTEGER NOT NULL,           -- the order of the list
  body     TEXT NOT NULL,
  UNIQUE (kind, lang, key)
) STRICT;

CREATE TABLE applied (                 -- which notes apply to the codes that there are: the view applies
  vendor  TEXT NOT NULL,
  code    INTEGER NOT NULL,
  number  INTEGER NOT NULL,
  written TEXT NOT NULL,
  width   INTEGER NOT NULL,
  rival   TEXT,
  PRIMARY KEY (vendor, code, number, written)
) STRICT, WITHOUT ROWID;

CREATE TABLE contest (                 -- what rules compete in
  id     INTEGER PRIMARY KEY,
  vendor TEXT NOT NULL,
  rival  TEXT NOT NULL
) STRICT;

CREATE TABLE stance (                  -- of the rules that compete and apply to a code, the first; for comparisons
  code    INTEGER NOT NULL,
  contest INTEGER NOT NULL REFERENCES contest (id),
  number  INTEGER NOT NULL,
  action  TEXT,
  PRIMARY KEY (code, contest)
) STRICT, WITHOUT ROWID;

CREATE TABLE rule (                    -- a rule as comparisons show it
  lang   TEXT NOT NULL,
  vendor TEXT NOT NULL,
  number INTEGER NOT NULL,
  who    TEXT NOT NULL,                -- members of an object, as JSON without the braces
  body   TEXT NOT NULL,
  UNIQUE (lang, vendor, number)
) STRICT;

CREATE TABLE side (                    -- a code as comparisons see it (db/compare.h)
  lang TEXT NOT NULL,
  key  TEXT NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (lang, key)
) STRICT;

CREATE TABLE search_shown (            -- what the search shows of an entry, but of notes
  kind  TEXT NOT NULL,
  lang  TEXT NOT NULL,
  key   TEXT NOT NULL,
  item  TEXT NOT NULL,
  texts TEXT NOT NULL,                 -- its texts, a line each
  UNIQUE (kind, lang, key)
) STRICT;

CREATE TABLE search_token (            -- what the index has, and how many entries have it
  token   TEXT PRIMARY KEY,
  entries INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW ready_item AS
          SELECT 'codes' AS kind, lang, key, code AS position, item AS body FROM code_item
UNION ALL SELECT 'classes', lang, key, position, item FROM class_item
UNION ALL SELECT 'glossary', lang, key, position, item FROM term_item
UNION ALL SELECT 'vendors', lang, key, position, item FROM vendor_item
UNION ALL SELECT 'scenarios', lang, key, position, item FROM scenario_item
UNION ALL SELECT 'topics', lang, key, position, item FROM topic_item
UNION ALL SELECT 'flows', lang, key, position, item FROM flow_item
UNION ALL SELECT 'timers', lang, key, position, item FROM timer_item
UNION ALL SELECT 'causes', lang, key, position, item FROM cause_item
UNION ALL SELECT 'warnings', lang, key, position, item FROM warning_item;

-- The documents, and as kind lists the whole lists.
CREATE VIEW ready_document AS
          SELECT 'codes' AS kind, lang, key, body FROM code_document
UNION ALL SELECT 'classes', lang, key, body FROM class_document
UNION ALL SELECT 'glossary', lang, key, body FROM term_document
UNION ALL SELECT 'vendors', lang, key, body FROM vendor_document
UNION ALL SELECT 'scenarios', lang, key, body FROM scenario_document
UNION ALL SELECT 'topics', lang, key, body FROM topic_document
UNION ALL SELECT 'flows', lang, key, body FROM flow_document
UNION ALL SELECT 'timers', lang, key, body FROM timer_document
UNION ALL SELECT 'causes', lang, key, body FROM cause_document
UNION ALL SELECT 'warnings', lang, key, body FROM warning_document
UNION ALL SELECT 'lists', lang, kind, json_object('total', count(*), 'lang', lang, 'items', json_group_array(json(body)))
            FROM (SELECT kind, lang, body FROM item ORDER BY kind, lang, position)
           GROUP BY kind, lang;

CREATE VIEW ready_applied AS
SELECT a.vendor, a.code, a.number, a.written, a.width, a.rival
  FROM applies AS a CROSS JOIN entry AS e ON e.kind = 'codes' AND e.key = CAST(a.code AS TEXT);

CREATE VIEW ready_contest AS
SELECT DISTINCT vendor, rival FROM applied WHERE rival IS NOT NULL ORDER BY vendor, rival;

CREATE VIEW ready_stance AS
SELECT s.code, c.id AS contest, s.number, n.body ->> '$.action' AS action
  FROM (SELECT code, vendor, rival, min(number) AS number FROM applied WHERE rival IS NOT NULL GROUP BY code, vendor, rival) AS s
  JOIN contest AS c USING (vendor, rival)
  JOIN language AS l ON l.position = 0
  JOIN note AS n ON n.lang = l.tag AND n.vendor = s.vendor AND n.number = s.number;

CREATE VIEW ready_rule AS
SELECT lang, vendor, number, trim(json_patch('{}', json_object(
         'vendor', vendor, 'name', body ->> '$.name', 'part', body ->> '$.part', 'methods', body -> '$.methods', 'url', body ->> '$.url')), '{}') AS who,
       json_object('codes', body -> '$.codes', 'action', body ->> '$.action', 'text', body ->> '$.text') AS body
  FROM note
 WHERE body ->> '$.action' IS NOT NULL;

CREATE VIEW compared_code AS
SELECT c.lang, c.key, c.body, i.item FROM code AS c JOIN code_item AS i USING (lang, key);

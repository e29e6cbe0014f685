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
  PRIMARY KEY (code, vendor, number, written)
) STRICT, WITHOUT ROWID;

CREATE TABLE vendor_scenario (         -- which scenarios are about a product
  vendor   TEXT NOT NULL,
  scenario TEXT NOT NULL,
  PRIMARY KEY (vendor, scenario)
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

-- The whole documents of products and codes as they were, but for where they look: with many products, to read all scenarios for each
-- of them, or to work out for each language what applies, takes longer than all the rest.
DROP VIEW vendor_document;
CREATE VIEW vendor_document AS
SELECT d.lang, d.key,
       json_patch(
         json_object('slug', d.key, 'title', d.body ->> '$.name', 'name', d.body ->> '$.name', 'lang', d.lang),
         json_set(json_remove(d.body, '$.sources'),
           '$.notes', (SELECT json_group_array(json(n.body)) FROM note AS n WHERE n.lang = d.lang AND n.vendor = d.key),
           '$.timers', (SELECT json_group_array(json(json_set(t.value, '$.source', d.body -> ('$.sources."' || (t.value ->> '$.source') || '"'))))
                          FROM json_each(d.body, '$.timers') AS t),
           '$.causes', (SELECT json_group_array(json(json_set(t.value, '$.source', d.body -> ('$.sources."' || (t.value ->> '$.source') || '"'))))
                          FROM json_each(d.body, '$.causes') AS t),
           '$.scenarios', (SELECT json_group_array(json(s.item)) FROM vendor_scenario AS v CROSS JOIN scenario_item AS s ON s.key = v.scenario
                            WHERE v.vendor = d.key AND s.lang = d.lang),
           '$.site_notes', (SELECT json_group_array(json(s.item)) FROM site_note_item AS s WHERE s.lang = d.lang AND s.vendor = d.key),
           '$.links', json_object('self', '/vendors/' || d.key, 'codes', '/codes?vendor=' || d.key,
                                  'scenarios', '/scenarios?vendor=' || d.key))) AS body
  FROM document AS d
 WHERE d.kind = 'vendors';

DROP VIEW code_document;
CREATE VIEW code_document AS
SELECT k.lang, k.key,
       json_patch(
         json_object('code', k.code, 'phrase', k.phrase, 'title', k.title, 'lang', k.lang, 'status', k.status,
                     'class', json_object('digit', CAST(k.digit AS INTEGER), 'name', k.class_name),
                     'final', json(iif(k.final, 'true', 'false'))),
         json_set(json_remove(k.body, '$.compare', '$.words'),
           '$.references', (SELECT json_group_array(json(item)) FROM reference WHERE kind = 'codes' AND lang = k.lang AND key = k.key),
           '$.related', (
             SELECT json_group_array(json_object('code', CAST(o.key AS INTEGER), 'phrase', o.body ->> '$.phrase',
                                                 'title', o.body ->> '$.title', 'why', r.value ->> '$.why',
                                                 'url', '/codes/' || o.key, 'compare', '/compare/' || k.key || '/' || o.key))
               FROM json_each(k.body, '$.related') AS r
              CROSS JOIN document AS o ON o.kind = 'codes' AND o.lang = k.lang AND o.key = r.value ->> '$.code'),
           '$.vendors', (
             SELECT json_group_array(json(json_set(body, '$.notes', notes, '$.all', '/codes/' || k.key || '?vendor=' || vendor)))
               FROM (SELECT a.vendor, n.body, count(*) AS notes, min(n.minor * 1000000 + a.width * 1000 + a.number)
                       FROM applied AS a CROSS JOIN note AS n ON n.lang = k.lang AND n.vendor = a.vendor AND n.number = a.number
                      WHERE a.code = k.code GROUP BY a.vendor)),
           '$.site_notes', (
             SELECT json_group_array(json(item))
               FROM (SELECT s.item
                       FROM code_range AS c CROSS JOIN site_note_range AS r ON r.written = c.written
                      CROSS JOIN site_note_item AS s ON s.number = r.number AND s.lang = k.lang
                      WHERE c.first <= k.code AND c.last >= k.code ORDER BY s.number)),
           '$.scenarios', (SELECT json_group_array(json(p.item)) FROM mention AS m CROSS JOIN page_item AS p USING (kind, key)
                            WHERE m.code = k.code AND m.kind = 'scenarios' AND p.lang = k.lang),
           '$.topics', (SELECT json_group_array(json(p.item)) FROM mention AS m CROSS JOIN page_item AS p USING (kind, key)
                         WHERE m.code = k.code AND m.kind = 'topics' AND p.lang = k.lang),
           '$.flows', (SELECT json_group_array(json(p.item)) FROM mention AS m CROSS JOIN page_item AS p USING (kind, key)
                        WHERE m.code = k.code AND m.kind = 'flows' AND p.lang = k.lang),
           '$.links', json_object('self', '/codes/' || k.key, 'class', '/classes/' || k.digit))) AS body
  FROM code AS k;

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

CREATE VIEW ready_vendor_scenario AS
SELECT DISTINCT v.value AS vendor, d.key AS scenario
  FROM document AS d CROSS JOIN json_each(d.body, '$.vendors') AS v
 WHERE d.kind = 'scenarios';

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

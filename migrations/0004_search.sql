-- The search: every entry in every language as tokens (db/tokens.h), filled by the import.

CREATE TABLE search_entry (
  id   INTEGER PRIMARY KEY,            -- the rowid in search_index
  kind TEXT NOT NULL,                  -- as in document; notes: a product's notes
  lang TEXT NOT NULL,
  key  TEXT NOT NULL,
  told INTEGER NOT NULL                -- how much else there is about it: what is met often is asked for often
) STRICT;

CREATE VIRTUAL TABLE search_index USING fts5(title, words, summary, body, content='', tokenize="unicode61 remove_diacritics 0 tokenchars '_'");
CREATE VIRTUAL TABLE search_vocabulary USING fts5vocab(search_index, row);

CREATE TABLE search_word (             -- the words of the texts as they are spelt, for questions that misspell them
  lang    TEXT NOT NULL,
  length  INTEGER NOT NULL,            -- a word with two letters wrong is about as long as the right one
  word    TEXT NOT NULL,
  token   TEXT NOT NULL,
  entries INTEGER NOT NULL,            -- how often it occurs
  PRIMARY KEY (lang, length, word)
) STRICT, WITHOUT ROWID;

-- The texts of an entry one by one: not its title, not the names and slugs in it.
CREATE VIEW search_text AS
SELECT d.kind, d.lang, d.key, t.atom AS text
  FROM document AS d CROSS JOIN json_tree(d.body) AS t
 WHERE d.kind IN ('codes', 'classes', 'scenarios', 'topics', 'flows', 'timers', 'causes', 'warnings', 'glossary')
   AND t.type = 'text' AND t.key NOT IN ('title', 'words', 'name', 'phrase', 'term', 'kind', 'from', 'to', 'policy', 'requirement', 'use', 'rfc', 'section', 'url')
   AND t.path NOT IN ('$.topics', '$.flows', '$.vendors', '$.senders', '$.methods', '$.traits', '$.compare')
   AND t.path NOT LIKE '$.sources%' AND t.path NOT LIKE '$.match%' AND t.path NOT LIKE '$.avoid%'
   AND NOT (t.path = '$' AND t.key IN ('status', 'scope', 'subject', 'owner', 'group', 'machine', 'transport', 'default', 'value'))
UNION ALL
SELECT d.kind, d.lang, d.key, t.value
  FROM document AS d CROSS JOIN json_each(json_array(d.body ->> '$.summary', d.body ->> '$.description')) AS t
 WHERE d.kind = 'vendors'
UNION ALL
SELECT 'notes', n.lang, n.vendor || '/' || n.number, t.value
  FROM note AS n CROSS JOIN json_each(json_array(n.body ->> '$.text', n.body ->> '$.diagnostic', n.body ->> '$.knob.name')) AS t
 WHERE t.value IS NOT NULL;

-- The same by how much a match in them says.
CREATE VIEW search_source AS
SELECT d.kind, d.lang, d.key,
       CASE d.kind WHEN 'codes' THEN d.key || ' ' || (d.body ->> '$.phrase') || ' ' || (d.body ->> '$.title')
                   WHEN 'causes' THEN d.key || ' ' || (d.body ->> '$.name') || ' ' || (d.body ->> '$.title')
                   WHEN 'warnings' THEN d.key || ' ' || (d.body ->> '$.phrase') || ' ' || (d.body ->> '$.title')
                   WHEN 'timers' THEN (d.body ->> '$.name') || ' ' || (d.body ->> '$.title')
                   WHEN 'vendors' THEN (d.body ->> '$.name') || ' ' || (d.body ->> '$.maker')
                   ELSE coalesce(d.body ->> '$.title', d.body ->> '$.term') END AS title,
       coalesce(d.body ->> '$.words', '') AS words,
       coalesce(d.body ->> '$.summary', d.body ->> '$.definition') AS summary,
       (SELECT coalesce(group_concat(t.text, ' '), '') FROM search_text AS t WHERE t.kind = d.kind AND t.lang = d.lang AND t.key = d.key) AS body
  FROM document AS d
 WHERE d.kind IN ('codes', 'classes', 'vendors', 'scenarios', 'topics', 'flows', 'timers', 'causes', 'warnings', 'glossary')
UNION ALL
SELECT 'notes', n.lang, n.vendor || '/' || n.number, n.body ->> '$.name', coalesce(n.body ->> '$.phrase', ''), n.body ->> '$.text',
       coalesce(n.body ->> '$.diagnostic', '') || ' ' || coalesce(n.body ->> '$.knob.name', '')
  FROM note AS n;

-- Notes that name the code itself, and entries that are about it.
CREATE VIEW search_told AS
SELECT CAST(d.key AS INTEGER) AS code,
       (SELECT count(*) FROM note_range AS r WHERE r.written = d.key) + (SELECT count(*) FROM mention AS m WHERE m.code = CAST(d.key AS INTEGER)) AS told
  FROM entry AS d
 WHERE d.kind = 'codes';

-- What the search shows of an entry.
CREATE VIEW search_item AS
SELECT 'codes' AS kind, lang, key,
       json_object('type', 'code', 'title', code || ' ' || phrase, 'summary', summary, 'codes', json_array(code), 'url', '/codes/' || code) AS item
  FROM code
UNION ALL
SELECT d.kind, d.lang, d.key,
       json_object('type', CASE d.kind WHEN 'classes' THEN 'class' WHEN 'glossary' THEN 'term' ELSE rtrim(d.kind, 's') END,
                   'title', coalesce(d.body ->> '$.term', d.body ->> '$.title', d.body ->> '$.name'),
                   'summary', coalesce(d.body ->> '$.summary', d.body ->> '$.definition'),
                   'codes', json(coalesce(d.body -> '$.codes', '[]')), 'url', '/' || d.kind || '/' || d.key)
  FROM document AS d
 WHERE d.kind IN ('classes', 'vendors', 'scenarios', 'topics', 'flows', 'timers', 'causes', 'warnings', 'glossary')
UNION ALL
SELECT 'notes', n.lang, n.vendor || '/' || n.number,
       json_object('type', 'vendor', 'title', n.body ->> '$.name', 'summary', n.body ->> '$.text',
                   'codes', (SELECT json_group_array(CAST(value AS INTEGER)) FROM json_each(n.body, '$.codes') WHERE value GLOB '[1-6][0-9][0-9]'),
                   'url', '/vendors/' || n.vendor)
  FROM note AS n;

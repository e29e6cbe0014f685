-- The knowledge base: every content file becomes one entry, and one document per language.

CREATE TABLE language (
  tag      TEXT PRIMARY KEY,           -- BCP 47, as in Content-Language
  position INTEGER NOT NULL UNIQUE,    -- 0 is the default language
  name     TEXT NOT NULL,              -- in the language itself
  aliases  TEXT NOT NULL CHECK (json_valid(aliases))  -- other tags that mean it
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
  kind     TEXT NOT NULL,              -- codes, classes, pairs, glossary, ...
  key      TEXT NOT NULL,              -- 486, 4, 486-600, early-media
  position INTEGER NOT NULL,           -- the order of the content
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
  kind TEXT NOT NULL,
  lang TEXT NOT NULL REFERENCES language (tag),
  key  TEXT NOT NULL,
  body TEXT NOT NULL CHECK (json_valid(body)),
  PRIMARY KEY (kind, lang, key),
  FOREIGN KEY (kind, key) REFERENCES entry (kind, key) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE property (                -- of the knowledge base as a whole
  name  TEXT PRIMARY KEY,              -- version: a digest of the content
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A code's class, and what the class decides.
CREATE VIEW code AS
SELECT d.lang,
       d.key,
       CAST(d.key AS INTEGER)  AS code,
       substr(d.key, 1, 1)     AS digit,
       d.body ->> '$.phrase'   AS phrase,
       d.body ->> '$.status'   AS status,
       d.body ->> '$.title'    AS title,
       d.body ->> '$.summary'  AS summary,
       d.body -> '$.methods'   AS methods,
       c.body ->> '$.name'     AS class_name,
       c.body ->> '$.final'    AS final,
       d.body
  FROM document AS d
  JOIN document AS c ON c.kind = 'classes' AND c.lang = d.lang AND c.key = substr(d.key, 1, 1)
 WHERE d.kind = 'codes';

-- The short form of a code, as it stands in lists and comparisons.
CREATE VIEW code_item AS
SELECT lang, key, code, digit, status, methods,
       json_object('code', code, 'phrase', phrase, 'title', title, 'summary', summary, 'status', status,
                   'class', json_object('digit', CAST(digit AS INTEGER), 'name', class_name),
                   'final', json(iif(final, 'true', 'false')),
                   'url', '/codes/' || code) AS item
  FROM code;

-- The RFC sections that a document refers to, each with its address.
CREATE VIEW reference AS
SELECT d.kind, d.lang, d.key,
       json_set(r.value, '$.url',
         'https://www.rfc-editor.org/rfc/rfc' || (r.value ->> '$.rfc') || '#' ||
         iif((r.value ->> '$.section') GLOB '[A-Z]*', 'appendix-', 'section-') || (r.value ->> '$.section')) AS item
  FROM document AS d
 CROSS JOIN json_each(d.body, '$.references') AS r;

-- The whole code document. CROSS JOIN keeps the order of the content.
CREATE VIEW code_document AS
SELECT k.lang, k.key,
       json_patch(
         json_object('code', k.code, 'phrase', k.phrase, 'title', k.title, 'lang', k.lang, 'status', k.status,
                     'class', json_object('digit', CAST(k.digit AS INTEGER), 'name', k.class_name),
                     'final', json(iif(k.final, 'true', 'false'))),
         json_set(json_remove(k.body, '$.compare'),
           '$.references', (SELECT json_group_array(json(item)) FROM reference WHERE kind = 'codes' AND lang = k.lang AND key = k.key),
           '$.related', (
             SELECT json_group_array(json_object('code', CAST(o.key AS INTEGER), 'phrase', o.body ->> '$.phrase',
                                                 'title', o.body ->> '$.title', 'why', r.value ->> '$.why',
                                                 'url', '/codes/' || o.key, 'compare', '/compare/' || k.key || '/' || o.key))
               FROM json_each(k.body, '$.related') AS r
              CROSS JOIN document AS o ON o.kind = 'codes' AND o.lang = k.lang AND o.key = r.value ->> '$.code'),
           '$.vendors', json('[]'),
           '$.scenarios', json('[]'),
           '$.links', json_object('self', '/codes/' || k.key, 'class', '/classes/' || k.digit))) AS body
  FROM code AS k;

-- A class with the codes in it.
CREATE VIEW class_document AS
SELECT d.lang, d.key,
       json_set(d.body, '$.lang', d.lang,
         '$.codes', (SELECT json_group_array(json(item)) FROM code_item AS c
                      WHERE c.lang = d.lang AND c.key >= d.key || '00' AND c.key <= d.key || '99'),
         '$.reference.url', 'https://www.rfc-editor.org/rfc/rfc' || (d.body ->> '$.reference.rfc') ||
                            '#section-' || (d.body ->> '$.reference.section'),
         '$.links', json_object('self', '/classes/' || d.key, 'codes', '/codes?class=' || d.key)) AS body
  FROM document AS d
 WHERE d.kind = 'classes';

-- A term, with what it is called in every language.
CREATE VIEW term_document AS
SELECT d.lang, d.key,
       json_object('slug', d.key,
         'title', d.body ->> '$.term',
         'lang', d.lang,
         'terms', (SELECT json_group_object(o.lang, o.body ->> '$.term')
                     FROM language AS l CROSS JOIN document AS o ON o.kind = 'glossary' AND o.lang = l.tag AND o.key = d.key
                    WHERE l.position >= 0),  -- by the index: in the languages' order
         'definition', d.body ->> '$.definition',
         'references', (SELECT json_group_array(json(item)) FROM reference AS r WHERE r.kind = d.kind AND r.lang = d.lang AND r.key = d.key),
         'codes', (
           SELECT json_group_array(json(c.item))
             FROM json_each(d.body, '$.codes') AS r CROSS JOIN code_item AS c ON c.lang = d.lang AND c.key = r.value),
         'links', json_object('self', '/glossary/' || d.key)) AS body
  FROM document AS d
 WHERE d.kind = 'glossary';

-- Products and what they do with response codes, scenarios, topics, flows, timers, causes and warnings.

-- ---- what is drawn out of the documents as they come in ----

CREATE TABLE number (code INTEGER PRIMARY KEY) STRICT;  -- every possible response code
INSERT INTO number
WITH RECURSIVE n (code) AS (VALUES (100) UNION ALL SELECT code + 1 FROM n WHERE code < 699) SELECT code FROM n;

CREATE TABLE note (
  lang     TEXT NOT NULL,
  vendor   TEXT NOT NULL,
  number   INTEGER NOT NULL,           -- its place in the product's file
  minor    INTEGER NOT NULL,           -- 0: a rule for responses to a call, 1: any other note
  body     TEXT NOT NULL,
  PRIMARY KEY (lang, vendor, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE note_range (
  written TEXT NOT NULL REFERENCES code_range (written),
  vendor  TEXT NOT NULL,
  number  INTEGER NOT NULL,
  rival   TEXT,                        -- what a rule competes in: part, direction and methods; NULL: a note that is no rule
  methods TEXT,                        -- what the response has to answer, as JSON; NULL: anything
  PRIMARY KEY (written, vendor, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX note_range_by_rival ON note_range (vendor, rival);

CREATE TABLE code_method (             -- what a code can answer; any: everything but ACK
  code   INTEGER NOT NULL,
  method TEXT NOT NULL,
  PRIMARY KEY (code, method)
) STRICT, WITHOUT ROWID;

CREATE TABLE cause_map (               -- Q.850 causes and response codes
  vendor    TEXT NOT NULL,             -- '': RFC 3398
  part      TEXT NOT NULL,
  direction TEXT NOT NULL,             -- to-sip, from-sip
  cause     INTEGER NOT NULL,
  code      INTEGER NOT NULL,
  source    TEXT NOT NULL,             -- of the table, as JSON
  PRIMARY KEY (cause, vendor, part, direction, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE vendor_timer (          -- products' settings for SIP timers
  lang   TEXT NOT NULL,
  timer  TEXT NOT NULL,
  vendor TEXT NOT NULL,
  number INTEGER NOT NULL,
  item   TEXT NOT NULL,
  PRIMARY KEY (lang, timer, vendor, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE mention (                 -- which entries are about a code
  code INTEGER NOT NULL,
  kind TEXT NOT NULL,
  key  TEXT NOT NULL,
  PRIMARY KEY (code, kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX mention_by_key ON mention (kind, key);

CREATE TRIGGER vendor_notes AFTER INSERT ON document WHEN new.kind = 'vendors' BEGIN
  INSERT INTO note (lang, vendor, number, minor, body)
  SELECT new.lang, new.key, n.key,
         n.value ->> '$.action' IS NULL OR instr(coalesce(n.value -> '$.methods', '"INVITE"'), '"INVITE"') = 0,
         json_set(json_patch(json_object('vendor', new.key, 'name', new.body ->> '$.name'), n.value),
                  '$.source', new.body -> ('$.sources."' || (n.value ->> '$.source') || '"'),
                  '$.url', '/vendors/' || new.key)
    FROM json_each(new.body, '$.notes') AS n;
  INSERT OR IGNORE INTO code_range (written)
  SELECT r.value FROM json_each(new.body, '$.notes') AS n CROSS JOIN json_each(n.value, '$.codes') AS r;
  INSERT OR IGNORE INTO note_range (written, vendor, number, rival, methods)
  SELECT r.value, new.key, n.key,
         CASE WHEN coalesce(n.value ->> '$.action', n.value ->> '$.becomes') IS NOT NULL
              THEN json_array(n.value ->> '$.part', n.value ->> '$.direction', n.value -> '$.methods') END,
         n.value -> '$.methods'
    FROM json_each(new.body, '$.notes') AS n CROSS JOIN json_each(n.value, '$.codes') AS r;
  INSERT OR IGNORE INTO cause_map (vendor, part, direction, cause, code, source)
  SELECT new.key, coalesce(t.value ->> '$.part', ''), t.value ->> '$.direction', m.value ->> '$.cause', m.value ->> '$.code',
         new.body -> ('$.sources."' || (t.value ->> '$.source') || '"')
    FROM json_each(new.body, '$.causes') AS t CROSS JOIN json_each(t.value, '$.map') AS m;
  INSERT INTO vendor_timer (lang, timer, vendor, number, item)
  SELECT new.lang, t.value ->> '$.timer', new.key, t.key,
         json_object('vendor', new.key, 'name', new.body ->> '$.name', 'timer', t.value ->> '$.name', 'default', t.value ->> '$.default',
                     'url', '/vendors/' || new.key)
    FROM json_each(new.body, '$.timers') AS t WHERE t.value ->> '$.timer' IS NOT NULL;
END;

CREATE TRIGGER vendor_notes_gone AFTER DELETE ON document WHEN old.kind = 'vendors' BEGIN
  DELETE FROM note WHERE lang = old.lang AND vendor = old.key;
  DELETE FROM note_range WHERE vendor = old.key;
  DELETE FROM cause_map WHERE vendor = old.key;
  DELETE FROM vendor_timer WHERE vendor = old.key;
END;

CREATE TRIGGER code_facts AFTER INSERT ON document WHEN new.kind = 'codes' BEGIN
  INSERT OR IGNORE INTO code_method (code, method) SELECT CAST(new.key AS INTEGER), value FROM json_each(new.body, '$.methods');
  INSERT OR IGNORE INTO cause_map (vendor, part, direction, cause, code, source)
  SELECT '', '', 'from-sip', value, CAST(new.key AS INTEGER), '' FROM json_each(new.body, '$.q850.to_isup');
  INSERT OR IGNORE INTO cause_map (vendor, part, direction, cause, code, source)
  SELECT '', '', 'to-sip', value, CAST(new.key AS INTEGER), '' FROM json_each(new.body, '$.q850.from_isup');
END;

CREATE TRIGGER code_facts_gone AFTER DELETE ON document WHEN old.kind = 'codes' BEGIN
  DELETE FROM code_method WHERE code = CAST(old.key AS INTEGER);
  DELETE FROM cause_map WHERE vendor = '';
END;

CREATE TRIGGER mentions AFTER INSERT ON document WHEN new.kind IN ('scenarios', 'topics', 'flows') BEGIN
  INSERT OR IGNORE INTO mention (code, kind, key)
  SELECT value, new.kind, new.key FROM json_each(new.body, '$.codes')
  UNION SELECT value ->> '$.code', new.kind, new.key FROM json_each(new.body, '$.steps') WHERE value ->> '$.code' IS NOT NULL;
END;

CREATE TRIGGER mentions_gone AFTER DELETE ON document WHEN old.kind IN ('scenarios', 'topics', 'flows') BEGIN
  DELETE FROM mention WHERE kind = old.kind AND key = old.key;
END;

-- ---- which notes apply to a code ----

-- Of the rules of a product that compete, the most specific one applies: a single code before a range, a range before a
-- class, a class before any; ranges stay within a class, so that is the narrower one before the wider one. A note about the
-- responses to REGISTER is not about a code that can answer INVITE only.
CREATE VIEW applies AS
SELECT n.code, r.vendor, r.number, r.rival, r.written, c.last - c.first AS width
  FROM number AS n
 CROSS JOIN code_range AS c ON c.first <= n.code AND c.last >= n.code
 CROSS JOIN note_range AS r ON r.written = c.written
 WHERE (r.rival IS NULL
        OR NOT EXISTS (SELECT 1 FROM note_range AS o CROSS JOIN code_range AS w ON w.written = o.written
                        WHERE o.vendor = r.vendor AND o.rival = r.rival AND w.first <= n.code AND w.last >= n.code
                          AND w.last - w.first < c.last - c.first))
   AND (r.methods IS NULL
        OR NOT EXISTS (SELECT 1 FROM code_method AS k WHERE k.code = n.code)
        OR EXISTS (SELECT 1 FROM json_each(r.methods) AS m CROSS JOIN code_method AS k
                    WHERE k.code = n.code AND k.method IN ('any', m.value)));

-- ---- short forms ----

-- What stands in lists and wherever one entry leads to another.
CREATE VIEW class_item AS
SELECT d.lang, e.position, d.key,
       json_object('digit', d.body -> '$.digit', 'name', d.body ->> '$.name', 'title', d.body ->> '$.title',
                   'summary', d.body ->> '$.summary', 'final', d.body -> '$.final', 'url', '/classes/' || d.key) AS item
  FROM entry AS e JOIN document AS d USING (kind, key) WHERE e.kind = 'classes';

CREATE VIEW term_item AS
SELECT d.lang, e.position, d.key,
       json_object('slug', d.key, 'title', d.body ->> '$.term', 'summary', d.body ->> '$.definition', 'url', '/glossary/' || d.key) AS item
  FROM entry AS e JOIN document AS d USING (kind, key) WHERE e.kind = 'glossary';

CREATE VIEW vendor_item AS
SELECT d.lang, e.position, d.key,
       json_object('slug', d.key, 'title', d.body ->> '$.name', 'maker', d.body ->> '$.maker', 'type', d.body ->> '$.type',
                   'summary', d.body ->> '$.summary', 'notes', json_array_length(d.body, '$.notes'), 'url', '/vendors/' || d.key) AS item
  FROM entry AS e JOIN document AS d USING (kind, key) WHERE e.kind = 'vendors';

CREATE VIEW page_item AS
SELECT e.kind, d.lang, e.position, d.key,
       json_object('slug', d.key, 'title', d.body ->> '$.title', 'summary', d.body ->> '$.summary', 'url', '/' || e.kind || '/' || d.key) AS item
  FROM entry AS e JOIN document AS d USING (kind, key)
 WHERE e.kind IN ('scenarios', 'topics', 'flows');

CREATE VIEW topic_item AS SELECT lang, position, key, item FROM page_item WHERE kind = 'topics';
CREATE VIEW flow_item AS SELECT lang, position, key, item FROM page_item WHERE kind = 'flows';

CREATE VIEW scenario_item AS
SELECT p.lang, p.position, p.key, d.body -> '$.vendors' AS vendors, d.body -> '$.codes' AS codes,
       json_set(p.item, '$.vendors', d.body -> '$.vendors', '$.codes', d.body -> '$.codes') AS item
  FROM page_item AS p JOIN document AS d ON d.kind = p.kind AND d.lang = p.lang AND d.key = p.key
 WHERE p.kind = 'scenarios';

CREATE VIEW cause_item AS
SELECT d.lang, e.position, d.key,
       json_object('cause', d.body -> '$.cause', 'name', d.body ->> '$.name', 'title', d.body ->> '$.title', 'group', d.body ->> '$.group',
                   'summary', d.body ->> '$.summary', 'url', '/causes/' || d.key) AS item
  FROM entry AS e JOIN document AS d USING (kind, key) WHERE e.kind = 'causes';

CREATE VIEW warning_item AS
SELECT d.lang, e.position, d.key,
       json_object('warning', d.body -> '$.warning', 'phrase', d.body ->> '$.phrase', 'title', d.body ->> '$.title',
                   'summary', d.body ->> '$.summary', 'url', '/warnings/' || d.key) AS item
  FROM entry AS e JOIN document AS d USING (kind, key) WHERE e.kind = 'warnings';

CREATE VIEW timer_item AS
SELECT d.lang, e.position, d.key,
       json_object('slug', d.key, 'name', d.body ->> '$.name', 'title', d.body ->> '$.title', 'default', d.body ->> '$.default',
                   'value', d.body ->> '$.value', 'summary', d.body ->> '$.summary', 'url', '/timers/' || d.key) AS item
  FROM entry AS e JOIN document AS d USING (kind, key) WHERE e.kind = 'timers';

-- ---- documents ----

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
           '$.scenarios', (SELECT json_group_array(json(s.item)) FROM scenario_item AS s
                            WHERE s.lang = d.lang AND EXISTS (SELECT 1 FROM json_each(s.vendors) WHERE value = d.key)),
           '$.site_notes', (SELECT json_group_array(json(s.item)) FROM site_note_item AS s WHERE s.lang = d.lang AND s.vendor = d.key),
           '$.links', json_object('self', '/vendors/' || d.key, 'codes', '/codes?vendor=' || d.key,
                                  'scenarios', '/scenarios?vendor=' || d.key))) AS body
  FROM document AS d
 WHERE d.kind = 'vendors';

-- What leads from one entry to another.
CREATE VIEW link AS
SELECT kind, lang, key,
       json_object('slug', key, 'title', coalesce(body ->> '$.title', body ->> '$.name'), 'url', '/' || kind || '/' || key) AS item
  FROM document
 WHERE kind IN ('vendors', 'scenarios', 'topics', 'flows');

-- What scenarios, topics, flows, timers and warnings have in common.
CREATE VIEW page AS
SELECT d.kind, d.lang, d.key, d.body AS content,
       json_set(d.body,
         '$.codes', (SELECT json_group_array(json(c.item))
                       FROM json_each(d.body, '$.codes') AS r CROSS JOIN code_item AS c ON c.lang = d.lang AND c.key = r.value),
         '$.flows', (SELECT json_group_array(json(l.item))
                       FROM json_each(d.body, '$.flows') AS r CROSS JOIN link AS l ON l.kind = 'flows' AND l.lang = d.lang AND l.key = r.value),
         '$.topics', (SELECT json_group_array(json(l.item))
                       FROM json_each(d.body, '$.topics') AS r CROSS JOIN link AS l ON l.kind = 'topics' AND l.lang = d.lang AND l.key = r.value),
         '$.references', (SELECT json_group_array(json(item)) FROM reference AS r WHERE r.kind = d.kind AND r.lang = d.lang AND r.key = d.key),
         '$.links', json_object('self', '/' || d.kind || '/' || d.key)) AS body
  FROM document AS d
 WHERE d.kind IN ('scenarios', 'topics', 'flows', 'timers', 'warnings');

CREATE VIEW scenario_document AS
SELECT p.lang, p.key,
       json_patch(json_object('slug', p.key, 'title', p.content ->> '$.title', 'lang', p.lang),
         json_set(p.body, '$.vendors', (
           SELECT json_group_array(json(l.item))
             FROM json_each(p.content, '$.vendors') AS r CROSS JOIN link AS l ON l.kind = 'vendors' AND l.lang = p.lang AND l.key = r.value))) AS body
  FROM page AS p
 WHERE p.kind = 'scenarios';

CREATE VIEW topic_document AS
SELECT p.lang, p.key, json_patch(json_object('slug', p.key, 'title', p.content ->> '$.title', 'lang', p.lang), p.body) AS body
  FROM page AS p
 WHERE p.kind = 'topics';

CREATE VIEW flow_document AS
SELECT p.lang, p.key,
       json_patch(json_object('slug', p.key, 'title', p.content ->> '$.title', 'lang', p.lang),
         json_set(json_remove(p.body, '$.flows'),
           '$.steps', (SELECT json_group_array(json(json_set(value, '$.number', key + 1))) FROM json_each(p.content, '$.steps')),
           '$.participants', (SELECT json_group_array(json_object('id', key, 'name', value)) FROM json_each(p.content, '$.participants')),
           '$.codes', (SELECT json_group_array(json(c.item)) FROM mention AS m CROSS JOIN code_item AS c ON c.lang = p.lang AND c.key = m.code
                        WHERE m.kind = p.kind AND m.key = p.key))) AS body
  FROM page AS p
 WHERE p.kind = 'flows';

CREATE VIEW timer_document AS
SELECT p.lang, p.key,
       json_patch(json_object('slug', p.key, 'name', p.content ->> '$.name', 'title', p.content ->> '$.title', 'lang', p.lang),
         json_set(json_remove(p.body, '$.flows', '$.topics'),
           '$.vendors', (SELECT json_group_array(json(item)) FROM vendor_timer AS t WHERE t.lang = p.lang AND t.timer = p.key))) AS body
  FROM page AS p
 WHERE p.kind = 'timers';

CREATE VIEW warning_document AS
SELECT p.lang, p.key,
       json_patch(json_object('warning', p.content -> '$.warning', 'phrase', p.content ->> '$.phrase', 'title', p.content ->> '$.title', 'lang', p.lang),
         json_remove(p.body, '$.flows', '$.topics')) AS body
  FROM page AS p
 WHERE p.kind = 'warnings';

-- A cause with RFC 3398's mapping (sections 7.2.4.1 and 8.2.6.1) and, beside it, those of products. A product differs if it pairs
-- the cause with a code that the RFC does not; to choose one of the RFC's is no difference.
CREATE VIEW cause_document AS
SELECT d.lang, d.key,
       json_patch(
         json_object('cause', d.body -> '$.cause', 'name', d.body ->> '$.name', 'title', d.body ->> '$.title', 'lang', d.lang),
         json_set(d.body,
           '$.to_sip', (
             SELECT json_group_array(json(c.item)) FROM cause_map AS m CROSS JOIN code_item AS c ON c.lang = d.lang AND c.key = m.code
              WHERE m.cause = CAST(d.key AS INTEGER) AND m.vendor = '' AND m.part = '' AND m.direction = 'to-sip'),
           '$.from_sip', (
             SELECT json_group_array(json(c.item)) FROM cause_map AS m CROSS JOIN code_item AS c ON c.lang = d.lang AND c.key = m.code
              WHERE m.cause = CAST(d.key AS INTEGER) AND m.vendor = '' AND m.part = '' AND m.direction = 'from-sip'),
           '$.vendors', (
             SELECT json_group_array(json(json_patch('{}', json_object(
                      'vendor', m.vendor, 'name', v.body ->> '$.name', 'part', nullif(m.part, ''),
                      'to_sip', json(nullif(m.to_sip, '[]')), 'from_sip', json(nullif(m.from_sip, '[]')),
                      'differs', json(iif(m.own > 0, 'true', 'false')),
                      'source', json(m.source), 'url', '/vendors/' || m.vendor))))
               FROM (SELECT m.vendor, m.part, min(m.source) AS source,
                            sum(NOT EXISTS (SELECT 1 FROM cause_map AS r
                                             WHERE r.cause = m.cause AND r.vendor = '' AND r.part = '' AND r.direction = m.direction
                                               AND r.code = m.code)) AS own,
                            (SELECT json_group_array(code) FROM cause_map AS o
                              WHERE o.cause = m.cause AND o.vendor = m.vendor AND o.part = m.part AND o.direction = 'to-sip') AS to_sip,
                            (SELECT json_group_array(code) FROM cause_map AS o
                              WHERE o.cause = m.cause AND o.vendor = m.vendor AND o.part = m.part AND o.direction = 'from-sip') AS from_sip
                       FROM cause_map AS m
                      WHERE m.cause = CAST(d.key AS INTEGER) AND m.vendor > ''
                      GROUP BY m.vendor, m.part) AS m
              CROSS JOIN document AS v ON v.kind = 'vendors' AND v.lang = d.lang AND v.key = m.vendor),
           '$.references', (SELECT json_group_array(json(item)) FROM reference AS r WHERE r.kind = d.kind AND r.lang = d.lang AND r.key = d.key),
           '$.links', json_object('self', '/causes/' || d.key))) AS body
  FROM document AS d
 WHERE d.kind = 'causes';

-- The whole code document. Of each product it has one note, the rule for a call if there is one, else the most specific one; min()
-- decides which, and all the others are where "all" leads. CROSS JOIN keeps the order of the content.
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
                       FROM applies AS a CROSS JOIN note AS n ON n.lang = k.lang AND n.vendor = a.vendor AND n.number = a.number
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

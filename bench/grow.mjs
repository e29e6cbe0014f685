/* Writes a content folder with FACTOR times the texts of another: grow.mjs FACTOR FROM TO. What can be more of is copied under new names:
 * scenarios, topics, flows, products with their notes, and comparisons of pairs that had none; terms stay, since every text is held
 * against each. The copies refer to one another as the originals do, but not to the codes that the benchmark asks for, so that their
 * answers stay as they are: they are about numbers that nobody defined, or about no code; only the responses in call flows have to be
 * defined, and are spread over all other codes. */
import { cpSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const KINDS = ["scenarios", "topics", "flows", "vendors"];
const MAX_SLUG = 63;
const ASKED = [486, 600];

const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const keys = (directory) => readdirSync(directory).filter((name) => name.endsWith(".json")).map((name) => basename(name, ".json"));
const isText = (value) => value !== null && typeof value === "object" && typeof value.en === "string";

export function contentSize(directory) {
  return readdirSync(directory, { recursive: true }).map((name) => statSync(join(directory, name)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

// The same with the copy's number at the end of every text, so that no two are equal.
function numbered(value, number) {
  if (isText(value)) return Object.fromEntries(Object.entries(value).map(([lang, text]) => [lang, typeof text === "string" ? `${text} (${number})` : text]));
  if (Array.isArray(value)) return value.map((item) => numbered(item, number));
  if (value !== null && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, numbered(item, number)]));
  return value;
}

const copyName = (slug, number) => `g${number}-${slug}`.slice(0, MAX_SLUG).replace(/-$/, "");

/* The single codes that a copy's note is about: numbers of the same class that nobody defined, others for each copy; a range, a class
 * and any become one number. */
function undefinedCodes(ranges, free, number) {
  const found = new Set();
  for (const range of ranges) {
    const numbers = free[/^[1-6]/.test(range) ? range[0] : "6"];
    for (let i = Number.parseInt(range.slice(1), 10) || 0; ; i++) {
      const one = numbers[(i + number) % numbers.length];
      if (found.has(one)) continue;
      found.add(one);
      break;
    }
  }
  return [...found];
}

function copy(kind, entry, number, free, others) {
  const it = numbered(structuredClone(entry), number);
  for (const other of ["topics", "flows"]) if (it[other] !== undefined) it[other] = it[other].map((slug) => copyName(slug, number));
  if (kind === "scenarios") it.vendors = it.vendors.map((slug) => copyName(slug, number));
  if (kind === "scenarios" || kind === "topics") it.codes = [];
  if (kind === "flows")
    it.steps.forEach((step, i) => {
      if (step.code === undefined) return;
      const candidates = others[String(step.code)[0]];
      step.code = candidates[(number + i) % candidates.length];
      step.message = step.message.replace(/^\d+/, String(step.code));
    });
  if (kind === "vendors") {
    it.name = `${entry.name.slice(0, 70)} (${number})`;
    for (const note of it.notes) note.codes = undefinedCodes(note.codes, free, number);
    delete it.causes;
    const used = new Set([...it.notes, ...(it.timers ?? [])].map((one) => one.source));
    for (const id of Object.keys(it.sources)) if (!used.has(id)) delete it.sources[id];
  }
  return it;
}

export function grow(factor, from, to) {
  cpSync(from, to, { recursive: true });
  const put = (kind, key, entry) => {
    const text = JSON.stringify(entry);
    writeFileSync(join(to, kind, `${key}.json`), text, { flag: "wx" });
    return Buffer.byteLength(text);
  };
  const codes = keys(join(from, "codes")).map(Number);
  const free = {}, others = {}; // by class
  for (let code = 100; code < 700; code++) if (!codes.includes(code)) (free[String(code)[0]] ??= []).push(String(code));
  for (const code of codes) if (!ASKED.includes(code)) (others[String(code)[0]] ??= []).push(code);
  const originals = KINDS.map((kind) => [kind, keys(join(from, kind)).map((key) => [key, read(join(from, kind, `${key}.json`))])]);
  let missing = (factor - 1) * contentSize(from);

  const curated = keys(join(from, "pairs")), pairs = curated.map((key) => read(join(from, "pairs", `${key}.json`)));
  const alone = codes.flatMap((a) => codes.filter((b) => a < b && !curated.includes(`${a}-${b}`)).map((b) => [a, b]));
  alone.slice(0, Math.round(pairs.length * (factor - 1))).forEach(([a, b], i) => {
    missing -= put("pairs", `${a}-${b}`, { ...numbered(pairs[i % pairs.length], i + 1), a, b });
  });
  let set = 0; // bytes of one copy of everything: what is missing is met as nearly as whole sets can
  for (let number = 1; missing > set / 2; number++) {
    const before = missing;
    for (const [kind, entries] of originals)
      for (const [key, entry] of entries) missing -= put(kind, copyName(key, number), copy(kind, entry, number, free, others));
    set = before - missing;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) grow(Number(process.argv[2]), process.argv[3], process.argv[4]);

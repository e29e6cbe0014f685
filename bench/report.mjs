/* Writes what was measured: the table as text, and docs/performance.md and docs/performance.svg. In the document, what stands between
 * <!-- bench:NAME --> and <!-- /bench:NAME --> is written anew; the rest is written by hand and stays. */
import { readFileSync, writeFileSync } from "node:fs";

import { growthHead } from "./growth.mjs";

const DOCUMENT = "docs/performance.md", CHART = "docs/performance.svg";

const number = (value) => Math.round(value).toLocaleString("en-US");
const micro = (value) => (value < 100 ? value.toFixed(2) : number(value));
const milli = (value) => (value / 1000).toFixed(2);
const named = (table, name) => table.find((one) => one.name === name);

function grid(head, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

const tableText = (table) => grid(["what is asked for", "bytes", "requests/s", "CPU µs a request", "by bare libmicrohttpd", "p50 ms", "p99 ms", "peak MB"],
  table.map((one) => [one.name, number(one.size), number(one.rate), micro(one.cpu), one.ratio.toFixed(2), milli(one.p50), milli(one.p99), one.peak.toFixed(1)]));

const situationsText = (situations) => grid(["situation", "measured"], Object.entries(situations).filter(([name]) => name !== "growth")
  .flatMap(([, rows]) => rows.map((row) => [row.what, row.value])));

/* What was set as a target, from table and situations: { what, value, target, met }; only what was measured. */
function targets({ table = [], situations }) {
  const found = [], ratio = (what, above, below, target, met) => {
    const [a, b] = [named(table, above), named(table, below)];
    if (a === undefined || b === undefined) return;
    const value = a.cpu / b.cpu;
    found.push({ what, value: `${value.toFixed(2)} times`, target, met: met(value) });
  };
  for (const what of ["code", "comparison"]) {
    ratio(`hot ${what}: CPU a request by bare libmicrohttpd's`, `sipcodes, ${what}`, `bare libmicrohttpd, ${what}`, "≤ 1.10", (value) => value <= 1.1);
    ratio(`hot ${what}: requests a CPU second by nginx's`, `nginx, file of the ${what}`, `sipcodes, ${what}`, "≥ 1.25", (value) => value >= 1.25);
  }
  ratio("hot code: requests a CPU second by Fastify's", "Fastify and better-sqlite3", "sipcodes, code", "≥ 2", (value) => value >= 2);
  for (const what of ["code", "comparison"])
    ratio(`cold ${what}: CPU a request by a hot one's`, `sipcodes, ${what}, cold`, `sipcodes, ${what}`, "< 20", (value) => value < 20);
  return [...found, ...Object.values(situations).flat().filter((row) => row.target !== undefined)];
}

const targetsText = (rows) => grid(["target", "measured", "asked for", ""], rows.map((row) => [row.what, row.value, row.target, row.met ? "met" : "not met"]));

function machineText({ cores, processor, memory, kernel, versions, rounds, seconds }) {
  return `${cores} cores of ${processor}, ${memory} GB, Linux ${kernel.split(".").slice(0, 2).join(".")}; ${versions.join(", ")}. ` +
    `${rounds} rounds of ${seconds} s for each row; the medians.`;
}

// ---- the chart ----

const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

/* Bars of CPU time a request for the code's JSON and for the comparison's. A bar that would leave the others no room is cut, which two strokes show. */
function chart(table) {
  const groups = [
    ["/codes/486 as JSON", ["bare epoll loop, code", "nginx, file of the code", "bare libmicrohttpd, code", "sipcodes, code",
      "haproxy, http-request return", "Fastify and better-sqlite3", "json-server"]],
    ["/compare/486/600 as JSON", ["bare epoll loop, comparison", "nginx, file of the comparison", "bare libmicrohttpd, comparison",
      "sipcodes, comparison"]],
  ];
  const left = 220, width = 420, step = 26, bars = groups.flatMap(([, names]) => names.map((name) => named(table, name))).filter((one) => one !== undefined);
  const limit = 6 * Math.max(...bars.filter((one) => one.hot).map((one) => one.cpu));
  const full = Math.min(limit, Math.max(...bars.map((one) => one.cpu)));
  const parts = [];
  let y = 56;
  for (const [title, names] of groups) {
    parts.push(`<text class="head" x="16" y="${y}">${title}, ${number(named(table, names[0]).size)} bytes</text>`);
    y += 14;
    for (const one of names.map((name) => named(table, name)).filter((it) => it !== undefined)) {
      const length = Math.max(2, Math.min(one.cpu, full) / full * width), label = one.name.split(", ")[0];
      parts.push(`<text x="${left - 10}" y="${y + 14}" text-anchor="end"${one.hot ? ' class="own"' : ""}>${escaped(label)}</text>`);
      parts.push(`<rect class="${one.hot ? "ours" : "peer"}" x="${left}" y="${y}" width="${length.toFixed(1)}" height="19" rx="2"/>`);
      if (one.cpu > full) parts.push(`<path class="cut" d="M${left + width - 26} ${y + 21}l6 -23m4 23l6 -23"/>`);
      const value = one.cpu < 100 ? one.cpu.toFixed(1) : number(one.cpu);
      parts.push(`<text x="${(left + length + 8).toFixed(1)}" y="${y + 14}"${one.hot ? ' class="own"' : ""}>${value}</text>`);
      y += step;
    }
    y += 26;
  }
  const height = y - 20;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 ${height}" width="720" height="${height}" role="img" aria-labelledby="title">
<title id="title">CPU time a request, in microseconds: sipcodes beside its peers</title>
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .top { font-weight: 600; font-size: 15px }
  .head { fill: #59636e }
  .own { font-weight: 600 }
  .peer { fill: #a3adb8 }
  .ours { fill: #0969da }
  .cut { stroke: #fff; stroke-width: 3; fill: none }
  .ground { fill: #fff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .head { fill: #9198a1 }
    .peer { fill: #57606a }
    .ours { fill: #58a6ff }
    .cut { stroke: #0d1117 }
    .ground { fill: #0d1117 }
  }
</style>
<rect class="ground" width="720" height="${height}"/>
<text class="top" x="16" y="26">CPU time a request, in µs: less is better</text>
${parts.join("\n")}
</svg>
`;
}

// ---- the document ----

function replace(document, name, text) {
  const begin = `<!-- bench:${name} -->`, end = `<!-- /bench:${name} -->`, from = document.indexOf(begin), to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no ${begin} ... ${end}`);
  return `${document.slice(0, from + begin.length)}\n${text}\n${document.slice(to)}`;
}

// Prints tables; writes the document if all of it was measured, the part about growth if that was.
export function report(results, say) {
  const { table, situations, whole } = results;
  if (table !== undefined) say(`\n${tableText(table)}\n`);
  const judged = targets(results);
  for (const row of judged) say(`${row.met ? "met    " : "not met"}  ${row.what}: ${row.value} (${row.target})`);
  if (!whole && situations.growth === undefined) return;
  let document = readFileSync(DOCUMENT, "utf8");
  if (whole) {
    document = replace(document, "machine", machineText(results));
    document = replace(document, "table", tableText(table));
    document = replace(document, "situations", situationsText(situations));
    document = replace(document, "targets", targetsText(judged));
    writeFileSync(CHART, chart(table));
    say(`bench: wrote ${CHART}`);
  }
  if (situations.growth !== undefined) {
    const sizes = situations.growth.filter((row) => row.cells !== undefined);
    document = replace(document, "growth", `${grid(growthHead, sizes.map((row) => row.cells))}\n\n${targetsText(situations.growth.filter((row) => row.target !== undefined))}`);
  }
  writeFileSync(DOCUMENT, document);
  say(`bench: wrote ${DOCUMENT}`);
}

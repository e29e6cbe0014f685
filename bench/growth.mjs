/* The service with many times the texts, up to GROW times: what stays as it was, and what grows. Rows as in situations.mjs, and
 * rows of cells for the table of sizes. */
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";

import { contentSize, grow } from "./grow.mjs";
import { load, median } from "./load.mjs";
import { memory, run, stop } from "./proc.mjs";
import { askQuestions, quantiles, startTimes } from "./single.mjs";
import { CODE, COMPARE, service } from "./subjects.mjs";

const ROUNDS = 5;

// CPU a hot request by that of the service as shipped, measured in turns.
async function hot(context, grown, seconds) {
  const shipped = await service(context), ratios = { [CODE]: [], [COMPARE]: [] };
  for (const path of [CODE, COMPARE]) for (const server of [shipped, grown]) await load(server, path, { seconds: 1 });
  for (let round = 0; round < ROUNDS; round++)
    for (const path of [CODE, COMPARE]) {
      const base = await load(shipped, path, { seconds });
      ratios[path].push((await load(grown, path, { seconds })).cpu / base.cpu);
    }
  await stop(shipped);
  return [median(ratios[CODE]), median(ratios[COMPARE])];
}

async function measureSize(context, factor, seconds) {
  const directory = join(context.disk, "grown"), content = factor === 1 ? context.content : directory, db = join(context.disk, "grown.db");
  if (factor > 1) grow(factor, context.content, directory);
  const begin = performance.now();
  await run([context.program, "import", "--db", db, content], { cores: "0" });
  const imported = (performance.now() - begin) / 1e3, start = median(await startTimes(context, db, 5));
  const server = await service(context, [], { db });
  const [code, comparison] = await hot(context, server, seconds), searches = await askQuestions(server, 1);
  const found = { factor, texts: contentSize(content) / 1e6, imported, file: statSync(db).size / 1e6, start, code, comparison,
    cpu: quantiles(searches, "cpu"), clock: quantiles(searches, "clock"), asked: searches.length, resident: memory(server.pid, "VmRSS") };
  await stop(server);
  for (const file of [directory, db]) rmSync(file, { recursive: true, force: true });
  return found;
}

export const growthHead = ["texts", "MB of JSON", "file MB", "import s", "start ms", "hot code by that as shipped", "hot comparison", "search CPU p50, p99",
  "search clock p50, p99", "resident MB"];

export async function measureGrowth(context, { seconds, say }) {
  const largest = Number(process.env.GROW || 100), rows = [];
  for (const factor of [...new Set([1, 10, 100, largest].filter((one) => one <= largest))].sort((a, b) => a - b)) {
    const one = await measureSize(context, factor, seconds);
    say(`growth: ${factor} times: ${JSON.stringify(one)}`);
    rows.push(one);
  }
  const last = rows.at(-1), worst = Math.max(last.code, last.comparison);
  return [
    ...rows.map((one) => ({ cells: [`${one.factor} times`, one.texts.toFixed(1), one.file.toFixed(0), one.imported.toFixed(1), one.start.toFixed(0),
      one.code.toFixed(2), one.comparison.toFixed(2), one.cpu, one.clock, one.resident.toFixed(0)] })),
    { what: `hot look-ups with ${last.factor} times the texts: CPU by that as shipped`, value: `${worst.toFixed(2)} times`, target: "within 5 %",
      met: worst <= 1.05 },
  ];
}

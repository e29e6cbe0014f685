// Questions asked one after the other: how long a start takes, and a search.
import { readFileSync } from "node:fs";

import { askWell, percentile } from "./load.mjs";
import { cpuTime, stop } from "./proc.mjs";
import { CODE, service } from "./subjects.mjs";

// Milliseconds from the fork to the end of the first answer.
export async function startTimes(context, db, count) {
  const found = [];
  for (let i = 0; i < count; i++) {
    const begin = performance.now(), server = await service(context, [], { db });
    await askWell(server.url + CODE, { keep: false });
    found.push(performance.now() - begin);
    await stop(server);
  }
  return found;
}

export const questions = () => readFileSync("tests/search/questions.tsv", "utf8").trimEnd().split("\n").map((line) => line.split("\t")[1]);

const PATIENCE = 120_000; // ms

/* Asks every question of the tests one after the other: { question, clock, cpu }, in microseconds. No two requests are the same, so
 * that none is answered from the cache; where they take long, not all are asked. */
export async function askQuestions(server, passes = 3) {
  const found = [], end = performance.now() + PATIENCE;
  await askWell(`${server.url}/search?q=busy`);
  for (let pass = 0; pass < passes; pass++)
    for (const question of questions()) {
      if (performance.now() > end) return found;
      const url = `${server.url}/search?q=${encodeURIComponent(question)}&limit=${10 + pass}`;
      const before = cpuTime(server.pid, false), begin = performance.now();
      await askWell(url);
      found.push({ question, clock: (performance.now() - begin) * 1000, cpu: cpuTime(server.pid, false) - before });
    }
  return found;
}

const ms = (us) => `${(us / 1000).toFixed(us < 10_000 ? 2 : 1)} ms`;

// p50 and p99 of the clock or of the CPU time.
export const quantiles = (found, name) => `${ms(percentile(found.map((one) => one[name]), 0.5))}, ${ms(percentile(found.map((one) => one[name]), 0.99))}`;

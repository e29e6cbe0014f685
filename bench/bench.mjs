/* The benchmark of the service beside its peers. bench.mjs BUILD, the folder with sipcodes, sipcodes.db, release/bench and npm-bench.
 * BENCH_ROUNDS, BENCH_SECONDS: how often and how long each subject is measured; BENCH_ONLY: the parts to measure, with commas. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { stop } from "./proc.mjs";
import { report } from "./report.mjs";
import { measureSituations, situations } from "./situations.mjs";
import { CODE, COMPARE, record, service, subjects, versions } from "./subjects.mjs";
import { measureTable } from "./table.mjs";

const build = resolve(process.argv[2] ?? "build");
const setting = (name, otherwise) => Number(process.env[name] || otherwise);
const rounds = setting("BENCH_ROUNDS", 5), seconds = setting("BENCH_SECONDS", 3);
const regular = new Set([...subjects.map((one) => one.part), ...Object.keys(situations).filter((name) => !situations[name].long)]);
const everything = new Set([...regular, ...Object.keys(situations)]);
const parts = process.env.BENCH_ONLY ? new Set(process.env.BENCH_ONLY.split(",")) : regular;
const unknown = [...parts].filter((part) => !everything.has(part));
if (unknown.length > 0) {
  console.error(`bench: there is no part ${unknown.join(", ")}, only ${[...everything].join(", ")}`);
  process.exit(2);
}
if (os.cpus().length < 2) {
  console.error("bench: two cores are needed, one for the server and one for the load");
  process.exit(2);
}

const directory = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : os.tmpdir(), "bench-"));
const disk = mkdtempSync(join(build, "bench-"));
process.on("exit", () => [directory, disk].forEach((one) => rmSync(one, { recursive: true, force: true })));

const packages = join(build, "npm-bench", "package.json");
const context = {
  program: join(build, "sipcodes"),
  db: join(build, "sipcodes.db"),
  bin: join(build, "release", "bench"),
  scripts: dirname(fileURLToPath(import.meta.url)),
  packages: existsSync(join(build, "npm-bench", "installed")) ? packages : undefined,
  content: "db/content",
  cores: os.cpus().length,
  directory,
  disk,
};

const say = (line) => console.log(line);

async function main() {
  const model = await service(context);
  context.url = model.url;
  context.code = await record(model.url, CODE, directory, "code");
  context.compare = await record(model.url, COMPARE, directory, "compare");
  const results = { rounds, seconds, whole: !process.env.BENCH_ONLY, cores: os.cpus().length, processor: os.cpus()[0].model.trim(), kernel: os.release(),
    memory: Math.round(os.totalmem() / 2 ** 30), versions: await versions(context) };
  if (subjects.some((one) => parts.has(one.part))) results.table = await measureTable(context, { parts, rounds, seconds, say });
  results.situations = await measureSituations(context, { parts, seconds, say });
  await stop(model);
  report(results, say);
}

main().catch((error) => {
  console.error(`bench: ${error.stack}`);
  process.exit(1);
});

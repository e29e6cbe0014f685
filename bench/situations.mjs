/* Situations other than a few hot answers: each is measured once and gives rows for the report, { what, value, target, met }; target
 * and met are missing where there is none. */
import { copyFileSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { measureGrowth } from "./growth.mjs";
import { ask, askInTurn, askWell, load, median, percentile, wrk } from "./load.mjs";
import { cpuTime, memory, run, stop, threadTimes, until } from "./proc.mjs";
import { askQuestions, quantiles, questions, startTimes } from "./single.mjs";
import { CODE, COMPARE, LANGUAGES, service } from "./subjects.mjs";

const us = (value) => `${value.toFixed(value < 100 ? 2 : 0)} µs`;
const times = (value) => `${value.toFixed(2)} times`;
const megabytes = (value) => `${value.toFixed(1)} MB`;

async function measureStart(context) {
  const value = median(await startTimes(context, context.db, 11));
  return [{ what: "start: from the fork to the end of the first answer, median of 11", value: `${value.toFixed(0)} ms`, target: "< 50 ms", met: value < 50 }];
}

/* The server has a core for each thread where there are three; with two, the load has to share them, and requests a second say less
 * than what a request costs. */
async function measureThreads(context, { seconds }) {
  const shared = context.cores < 3, cores = "0,1", rows = [];
  const loadCores = shared ? "0,1" : `2-${context.cores - 1}`;
  const where = shared ? "both on two cores together with the load" : "on two cores, the load on others";
  for (const [what, path, options] of [["hot code", CODE, []], ["cold comparison", COMPARE, ["--cache-bytes", "0"]]]) {
    const one = await service(context, options, { threads: 1, cores }), two = await service(context, options, { threads: 2, cores });
    const rates = [], costs = [], shares = [];
    for (let round = 0; round < 3; round++) {
      const single = await load(one, path, { seconds, cores: loadCores }), before = threadTimes(two.pid);
      const double = await load(two, path, { seconds, cores: loadCores }), spent = threadTimes(two.pid).map((time, i) => time - before[i]);
      shares.push(Math.max(...spent) / spent.reduce((sum, time) => sum + time, 0));
      rates.push(double.rate / single.rate);
      costs.push(2 * single.cpu / double.cpu);
    }
    await Promise.all([stop(one), stop(two)]);
    rows.push({ what: `2 threads, ${what}: requests a second by those of 1 thread, ${where}`, value: times(median(rates)) });
    const cost = median(costs), share = Math.max(...shares);
    rows.push({ what: `2 threads, ${what}: requests that two cores have time for, by those of 1 thread and one core; most that one of the threads did`,
      value: `${times(cost)}; ${(share * 100).toFixed(0)} %`, target: "≥ 1.9, and both threads work", met: cost >= 1.9 && share < 0.75 });
  }
  return rows;
}

// Opens connections, has one request answered on each, and leaves them open.
async function openIdle(url, count) {
  const { hostname, port } = new URL(url), sockets = [];
  const open = () => new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname, () => socket.write(`HEAD /livez HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`));
    socket.on("error", reject);
    socket.on("close", () => (socket.gone = true));
    socket.once("data", resolve);
    sockets.push(socket);
  });
  while (sockets.length < count) await Promise.all(Array.from({ length: Math.min(250, count - sockets.length) }, open));
  return sockets;
}

async function measureIdle(context, { seconds }) {
  const count = 10000;
  const server = await service(context);
  await load(server, CODE, { seconds: 1 });
  const without = await load(server, CODE, { seconds }), before = memory(server.pid, "VmRSS");
  const sockets = await openIdle(server.url, count), after = memory(server.pid, "VmRSS");
  const beside = await load(server, CODE, { seconds });
  const open = sockets.filter((socket) => !socket.gone).length;
  for (const socket of sockets) socket.destroy();
  await sleep(500);
  const again = await load(server, CODE, { seconds });
  await stop(server);
  if (open < count) throw new Error(`only ${open} of ${count} idle connections stayed open`);
  return [
    { what: `CPU a request with ${count} idle connections, by that without`, value: times(2 * beside.cpu / (without.cpu + again.cpu)) },
    { what: "memory for an idle connection", value: `${((after - before) * 1e3 / count).toFixed(1)} kB` },
  ];
}

async function measureCache(context, { seconds }) {
  const codes = JSON.parse((await askWell(`${context.url}/codes`)).body).items.map((item) => item.url);
  const paths = LANGUAGES.flatMap((lang) => codes.map((url) => `${url}?lang=${lang}`));
  const script = askInTurn(join(context.directory, "all-codes.lua"), paths), rows = [];
  for (const [what, bytes] of [["all of them cached", "33554432"], ["a cache of 4 MiB", "4194304"], ["a cache of 64 KiB", "65536"]]) {
    const server = await service(context, ["--cache-bytes", bytes]);
    await load(server, "", { seconds: 1, script });
    const result = await load(server, "", { seconds, script });
    rows.push({ what: `all ${paths.length} codes in turn, ${what}`, value: `${us(result.cpu)} CPU a request, ${megabytes(memory(server.pid))} peak` });
    await stop(server);
  }
  return rows;
}

async function measureReload(context) {
  const [served, plain, noted, next, notes] = ["served.db", "plain.db", "noted.db", "next.db", "notes.json"].map((name) => join(context.directory, name));
  writeFileSync(notes, JSON.stringify({ organisation: "bench", notes: [{ codes: ["486"], text: "Bench." }] }));
  for (const file of [served, plain, noted]) copyFileSync(context.db, file);
  await run([context.program, "import", "--db", noted, "--site", notes]);
  const server = await service(context, [], { db: served });
  const etag = async () => (await askWell(server.url + CODE)).headers.etag;
  const found = [], flips = 6;
  const under = wrk(server.url + CODE, { seconds: 2 + flips });
  under.catch(() => {}); // told when it is waited for
  for (let i = 0; i < flips; i++) {
    await sleep(500);
    const old = await etag();
    copyFileSync(i % 2 === 0 ? noted : plain, next);
    renameSync(next, served);
    const begin = performance.now();
    server.kill("SIGHUP");
    await until("the new content", async () => (await etag()) !== old, { patience: 10_000, pause: 1 });
    found.push(performance.now() - begin);
  }
  const { requests } = await under;
  await stop(server);
  return [{ what: `${flips} reloads under load: failed requests, of ${requests}`, value: "0" },
    { what: "from SIGHUP to the new ETag, under load: median and longest", value: `${median(found).toFixed(0)} ms, ${Math.max(...found).toFixed(0)} ms` }];
}

async function measureSearch(context) {
  const server = await service(context), found = await askQuestions(server), rows = [];
  await stop(server);
  for (const [from, to] of [[1, 10], [11, 20], [21, 40], [41, Infinity]]) {
    const some = found.filter(({ question }) => [...question].length >= from && [...question].length <= to);
    rows.push({ what: `search, ${to === Infinity ? `${from} characters and more` : `${from} to ${to} characters`}: CPU p50, p99; client's clock p50, p99`,
      value: `${quantiles(some, "cpu")}; ${quantiles(some, "clock")}` });
  }
  const p99 = percentile(found.map((one) => one.clock), 0.99);
  rows.push({ what: `search, all ${questions().length} questions: CPU p50, p99; client's clock p50, p99`,
    value: `${quantiles(found, "cpu")}; ${quantiles(found, "clock")}`, target: "p99 < 5 ms", met: p99 < 5000 });
  return rows;
}

async function measureExplain(context) {
  const traces = readdirSync("tests/traces").filter((name) => name.endsWith(".txt")).sort().map((name) => readFileSync(join("tests/traces", name)));
  const text = Buffer.concat([...traces, ...traces]), rows = [];
  const server = await service(context);
  for (const [name, size, count] of [["1 kB", 1000, 500], ["10 kB", 10_000, 100], ["100 kB", 100_000, 20], ["1 MiB", 1 << 20, 5]]) {
    const content = text.subarray(0, size), asked = () => askWell(`${server.url}/explain`, { fields: { "Content-Type": "text/plain" }, content });
    await asked();
    const before = cpuTime(server.pid), begin = performance.now();
    for (let i = 0; i < count; i++) await asked();
    const clock = (performance.now() - begin) / 1e3, cpu = (cpuTime(server.pid) - before) / 1e6;
    const rate = size * count / 1e6 / cpu;
    rows.push({ what: `explain, ${name} of traces: MB a second of CPU, and by the client's clock`,
      value: `${rate.toFixed(1)}, ${(size * count / 1e6 / clock).toFixed(1)}`, ...(size < 100_000 ? {} : { target: "≥ 50 MB/s", met: rate >= 50 }) });
  }
  await stop(server);
  return rows;
}

// The paths of everything that can be read: what the service document links to, the items of lists, the related codes compared.
async function everyPath(url) {
  const read = async (path) => JSON.parse((await askWell(url + path)).body);
  const { links } = await read("/"), paths = new Set(["/", ...links.map((link) => link.url).filter((path) => !/[{]|^\/(explain|mcp)$/.test(path))]);
  for (const path of [...paths]) {
    const { headers, body } = await askWell(url + path);
    if (headers["content-type"] === "application/json") for (const item of JSON.parse(body).items ?? []) paths.add(item.url);
  }
  for (const path of [...paths].filter((one) => one.startsWith("/codes/")))
    for (const { compare } of (await read(path)).related) paths.add(compare);
  return [...paths];
}

async function measureMemory(context) {
  const server = await service(context), paths = await everyPath(server.url);
  let count = 0;
  for (const path of paths)
    for (const lang of LANGUAGES)
      for (const type of ["application/json", "text/plain", "text/markdown"])
        for (const coding of ["gzip", "identity"]) {
          const { status, body } = await ask(`${server.url}${path}?lang=${lang}`, { fields: { Accept: type, "Accept-Encoding": coding } });
          if (status !== 200 && status !== 406) throw new Error(`${path} ${lang} ${type}: ${status} ${body}`);
          count += status === 200 ? 1 : 0;
        }
  const resident = memory(server.pid, "VmRSS"), peak = memory(server.pid);
  await stop(server);
  return [{ what: `resident after all ${count} representations of ${paths.length} resources were asked for`,
    value: `${megabytes(resident)}, peak ${megabytes(peak)}`, target: "< 24 MB", met: resident < 24 }];
}

export const situations = {
  start: { measure: measureStart },
  threads: { measure: measureThreads },
  cache: { measure: measureCache },
  idle: { measure: measureIdle },
  reload: { measure: measureReload },
  search: { measure: measureSearch },
  explain: { measure: measureExplain },
  memory: { measure: measureMemory },
  growth: { measure: measureGrowth, long: true },
};

export async function measureSituations(context, { parts, seconds, say }) {
  const found = {};
  for (const [name, { measure }] of Object.entries(situations)) {
    if (!parts.has(name)) continue;
    found[name] = await measure(context, { seconds, say });
    for (const row of found[name].filter((one) => one.what !== undefined)) say(`${name}: ${row.what}: ${row.value}`);
  }
  return found;
}

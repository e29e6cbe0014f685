// Starts processes, ends them, and tells what they have used. Knows nothing of HTTP.
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const running = new Set();

process.on("exit", () => running.forEach((process_) => process_.kill("SIGTERM")));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(130));

// Starts a program on the cores (as taskset has them). What it writes is kept in .output; .ended becomes its exit status.
export function start(argv, { cores, env } = {}) {
  const command = cores === undefined ? argv : ["taskset", "-c", cores, ...argv];
  const child = spawn(command[0], command.slice(1), { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const it = { name: argv[0], pid: child.pid, output: "", kill: (signal) => child.kill(signal) };
  running.add(it);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => (it.output += text));
  }
  it.ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      running.delete(it);
      it.gone = true;
      resolve(status);
    });
  });
  it.ended.catch(() => running.delete(it));
  return it;
}

// Runs a program to its end and returns what it wrote; throws if it failed.
export async function run(argv, options) {
  const it = start(argv, options);
  const status = await it.ended;
  if (status !== 0) throw new Error(`${argv.join(" ")}: ${status}\n${it.output}`);
  return it.output;
}

export async function stop(it) {
  if (it.gone) return;
  it.kill("SIGTERM");
  const late = setTimeout(() => it.kill("SIGKILL"), 5000);
  await it.ended;
  clearTimeout(late);
}

// Waits until what is asked is true, and returns that.
export async function until(what, question, { patience = 30_000, pause = 1 } = {}) {
  for (const end = Date.now() + patience; Date.now() < end; await sleep(pause)) {
    const answer = await question();
    if (answer) return answer;
  }
  throw new Error(`waited too long for ${what}`);
}

// Starts a server that says "listening on URL", and returns it with its .url.
export async function serve(argv, options) {
  const it = start(argv, options);
  it.url = await until(`${argv[0]} to listen`, () => {
    if (it.gone) throw new Error(`${argv.join(" ")} ended:\n${it.output}`);
    return /^listening on (http:\S+)$/m.exec(it.output)?.[1];
  });
  return it;
}

function parent(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined; // it has ended
  }
}

// The process and its descendants.
function family(pid) {
  const parents = new Map(readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((name) => [Number(name), parent(name)]));
  const members = [pid];
  for (const member of members) for (const [child, its] of parents) if (its === member) members.push(child);
  return members;
}

// The CPU time, in microseconds, that each thread of a process has had.
export function threadTimes(pid) {
  return readdirSync(`/proc/${pid}/task`).map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1000);
}

/* The same of a process and its descendants in sum; to look for descendants takes longer than some requests do. */
export function cpuTime(pid, descendants = true) {
  return (descendants ? family(pid) : [pid]).flatMap(threadTimes).reduce((sum, time) => sum + time, 0);
}

// In MB: VmHWM is the peak, VmRSS what is resident now; of a process with descendants, that of the largest.
export function memory(pid, field = "VmHWM") {
  const kilobytes = (member) => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${member}/status`, "utf8"))[1]);
  return Math.max(...family(pid).map(kilobytes)) * 1.024e-3;
}

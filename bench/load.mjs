// Puts load on a server by wrk, and asks it single questions. Knows nothing of who answers.
import { writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";

import { cpuTime, run } from "./proc.mjs";

const units = { us: 1, ms: 1e3, s: 1e6, m: 60e6 };

// A duration of wrk's, in microseconds.
function duration(text, name) {
  const [, value, unit] = new RegExp(`${name}\\s+([\\d.]+)(us|ms|s|m)\\b`).exec(text);
  return Number(value) * units[unit];
}

// One run of wrk: how many requests, how many a second, p50 and p99 in microseconds. A failed request throws.
export async function wrk(url, { seconds, connections = 64, fields = {}, script, cores }) {
  const argv = ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "--latency"];
  for (const [name, value] of Object.entries(fields)) argv.push("-H", `${name}: ${value}`);
  if (script !== undefined) argv.push("-s", script);
  const text = await run([...argv, url], { cores });
  const fault = /^ *(Socket errors|Non-2xx).*$/m.exec(text);
  if (fault !== null) throw new Error(`${url}: ${fault[0].trim()}`);
  const [, requests, time, unit] = /(\d+) requests in ([\d.]+)(ms|s|m)/.exec(text);
  if (requests === "0") throw new Error(`${url}: no answer that wrk understands`);
  return {
    requests: Number(requests),
    rate: Number(requests) / (Number(time) * units[unit] / 1e6),
    p50: duration(text, "50%"),
    p99: duration(text, "99%"),
  };
}

/* As wrk does, for answers of 304: wrk takes their Content-Length, which tells of the answer that the client has, for that of a body to
 * come. */
export async function revalidate(url, { seconds, connections = 64, fields = {} }) {
  const { hostname, port, host, pathname } = new URL(url), latencies = [], begin = performance.now(), end = begin + seconds * 1000;
  const request = [`GET ${pathname} HTTP/1.1`, `Host: ${host}`, ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
  const connection = () => new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), hostname);
    let sent, received = "";
    const ask = () => {
      received = "";
      sent = performance.now();
      if (sent >= end) socket.destroy();
      else socket.write(request);
    };
    socket.setEncoding("latin1").setNoDelay().on("connect", ask).on("error", reject).on("close", resolve).on("end", () => reject(new Error(`${url}: closed`)));
    socket.on("data", (piece) => {
      received += piece;
      if (!received.endsWith("\r\n\r\n")) return;
      if (!received.startsWith("HTTP/1.1 304 ")) socket.destroy(new Error(`${url}: ${received.slice(0, 40)}`));
      latencies.push((performance.now() - sent) * 1000);
      ask();
    });
  });
  await Promise.all(Array.from({ length: connections }, connection));
  const requests = latencies.length, rate = requests / ((performance.now() - begin) / 1000);
  return { requests, rate, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}

// The same for a server that was started, with .cpu: the microseconds of CPU time that it had for a request.
export async function load(server, path, options) {
  const before = cpuTime(server.pid), result = await (options.fields?.["If-None-Match"] ? revalidate : wrk)(server.url + path, options);
  return { ...result, cpu: (cpuTime(server.pid) - before) / result.requests };
}

// Writes a script that makes wrk ask for the paths, one after the other.
export function askInTurn(file, paths) {
  const list = paths.map((path) => `  wrk.format("GET", ${JSON.stringify(path)}),`).join("\n");
  writeFileSync(file, `local requests, n\nfunction init()\nrequests = {\n${list}\n}\nn = 0\nend\n` +
    `function request()\nn = n % #requests + 1\nreturn requests[n]\nend\n`);
  return file;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

// Asks once: { status, message, fields (names and values in turn), headers, body }. A POST if there is content.
export function ask(url, { fields = {}, content, keep = true } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { agent: keep ? agent : false, method: content === undefined ? "GET" : "POST", headers: fields }, (response) => {
      const pieces = [];
      response.on("data", (piece) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => resolve({
        status: response.statusCode, message: response.statusMessage, fields: response.rawHeaders, headers: response.headers,
        body: Buffer.concat(pieces),
      }));
    });
    request.on("error", reject);
    request.end(content);
  });
}

export async function askWell(url, options) {
  const answer = await ask(url, options);
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${answer.body}`);
  return answer;
}

export function percentile(values, p) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];
}

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

// The service and its peers: how each is started, and what each is asked. Peers answer what the service answered at the start of the run.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";

import { ask, askWell } from "./load.mjs";
import { run, serve, start, until } from "./proc.mjs";

export const CODE = "/codes/486", COMPARE = "/compare/486/600", LANGUAGES = ["en", "id", "zh"];
const ONE_CORE = "0"; // of the server; the load and this program have the others

// Fields that each server has its own way with: not part of the sameness.
const own = new Set(["date", "connection", "keep-alive", "server", "content-length", "last-modified", "accept-ranges"]);

// The names and values of an answer's fields that peers have to send too.
export function sharedFields(answer) {
  const shared = [];
  for (let i = 0; i < answer.fields.length; i += 2)
    if (!own.has(answer.fields[i].toLowerCase())) shared.push([answer.fields[i], answer.fields[i + 1]]);
  return shared;
}

const notType = ([name]) => name.toLowerCase() !== "content-type";

// Writes what the service says to a path into files, for the peers: whole, body, fields, and codes as json-server wants them.
export async function record(url, path, directory, name) {
  const answer = await askWell(url + path);
  const head = [`HTTP/1.1 ${answer.status} ${answer.message}`];
  for (let i = 0; i < answer.fields.length; i += 2)
    if (!["connection", "keep-alive"].includes(answer.fields[i].toLowerCase())) head.push(`${answer.fields[i]}: ${answer.fields[i + 1]}`);
  const file = (kind, content) => {
    writeFileSync(join(directory, `${name}.${kind}`), content);
    return join(directory, `${name}.${kind}`);
  };
  return {
    answer,
    whole: file("http", Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), answer.body])),
    body: file("body", answer.body),
    fields: file("fields", JSON.stringify(Object.fromEntries(sharedFields(answer)))),
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// A server that does not tell where it listens.
async function serveOn(port, argv, options) {
  const it = start(argv, options);
  it.url = `http://127.0.0.1:${port}`;
  await until(`${argv[0]} to listen`, () => {
    if (it.gone) throw new Error(`${argv.join(" ")} ended:\n${it.output}`);
    return ask(it.url, { keep: false }).then(() => true, () => false);
  });
  return it;
}

async function nginx({ code, compare, directory }) {
  const port = await freePort(), configuration = join(directory, "nginx.conf");
  const location = (path, { answer, body }) => `    location = ${path} {
      types { }
      default_type ${answer.headers["content-type"]};
${sharedFields(answer).filter(notType).map(([name, value]) => `      add_header ${name} '${value}';`).join("\n")}
      add_header Last-Modified '';
      alias ${body};
    }`;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((what) => `  ${what}_temp_path ${join(directory, what)};`);
  writeFileSync(configuration, `daemon off;
worker_processes 1;
user root;
pid ${join(directory, "nginx.pid")};
error_log stderr;
events { worker_connections 1024; }
http {
${temporary.join("\n")}
  access_log off;
  server_tokens off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=100 inactive=1h;
  keepalive_requests 1000000000;
  etag off;
  server {
    listen 127.0.0.1:${port} backlog=1024;
${location(CODE, code)}
${location(COMPARE, compare)}
  }
}
`);
  return serveOn(port, ["nginx", "-p", directory, "-c", configuration], { cores: ONE_CORE });
}

async function haproxy({ code: recorded, directory }) {
  const port = await freePort(), configuration = join(directory, "haproxy.cfg");
  const quoted = (text) => `"${text.replace(/["\\$]/g, "\\$&").replace(/%/g, "%%")}"`;
  const fields = sharedFields(recorded.answer).filter(notType);
  writeFileSync(configuration, `global
  nbthread 1
  maxconn 1024
  tune.bufsize ${recorded.answer.body.length + 16384}
defaults
  mode http
  timeout client 30s
frontend bench
  bind 127.0.0.1:${port}
  http-request return status 200 content-type ${quoted(recorded.answer.headers["content-type"])} file ${recorded.body} ${
    fields.map(([name, value]) => `hdr ${name} ${quoted(value)}`).join(" ")}
`);
  return serveOn(port, ["haproxy", "-db", "-q", "-f", configuration], { cores: ONE_CORE });
}

// Every code as the service answers it: { key, lang, body }.
async function allCodes(url) {
  const { items } = JSON.parse((await askWell(`${url}/codes`)).body), codes = [];
  for (const lang of LANGUAGES)
    for (const item of items) codes.push({ key: String(item.code), lang, body: (await askWell(`${url}${item.url}?lang=${lang}`)).body });
  return codes;
}

async function fastify(context) {
  const file = join(context.directory, "codes.db"), Database = createRequire(context.packages)("better-sqlite3"), db = new Database(file);
  db.exec("CREATE TABLE codes (lang TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (lang, key))");
  const insert = db.prepare("INSERT INTO codes (lang, key, body) VALUES (:lang, :key, :body)"), codes = await allCodes(context.url);
  db.transaction(() => codes.forEach((code) => insert.run(code)))();
  db.close();
  return serve(["node", join(context.scripts, "fastify.mjs"), context.packages, file, context.code.fields], { cores: ONE_CORE });
}

async function jsonServer(context) {
  const file = join(context.directory, "db.json"), codes = await allCodes(context.url);
  writeFileSync(file, JSON.stringify({ codes: codes.filter(({ lang }) => lang === LANGUAGES[0]).map(({ body }) => JSON.parse(body)) }));
  return serve(["node", join(context.scripts, "json-server.mjs"), context.packages, file, context.code.fields], { cores: ONE_CORE });
}

/* What can be started, by name. A context has: program, db and bin (of the service's build), packages (the package.json of what
 * npm installed, or undefined), directory, code and compare (recorded), url (of a service from which more can be had). */
export function service(context, options = [], { threads = 1, cores = ONE_CORE, db = context.db } = {}) {
  return serve([context.program, "serve", "--db", db, "--listen", "127.0.0.1:0", "--threads", String(threads), ...options], { cores });
}

const bare = (program, what) => (context) => serve([join(context.bin, program), context[what].whole], { cores: ONE_CORE });

export const servers = {
  service: (context) => service(context),
  "service-cold": (context) => service(context, ["--cache-bytes", "0"]),
  "service-log-null": (context) => service(context, ["--access-log", "/dev/null"]),
  "service-log-disk": (context) => service(context, ["--access-log", join(context.disk, "access.log")]),
  "mhd-code": bare("mhd", "code"),
  "mhd-compare": bare("mhd", "compare"),
  "epoll-code": bare("epoll", "code"),
  "epoll-compare": bare("epoll", "compare"),
  nginx,
  haproxy,
  fastify,
  "json-server": jsonServer,
};

const INDONESIAN = { "Accept-Language": "id-ID,id;q=0.9,en;q=0.8" }, CHINESE = { "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8" };

/* What is measured side by side. base names the bare libmicrohttpd that the ratio is to; same: it must answer as the service did,
 * byte for byte; part: what BENCH_ONLY chooses by; npm: it comes from there. */
export const subjects = [
  { name: "bare libmicrohttpd, code", part: "hot", server: "mhd-code", path: CODE, base: "mhd-code", same: "code" },
  { name: "bare libmicrohttpd, comparison", part: "hot", server: "mhd-compare", path: COMPARE, base: "mhd-compare", same: "compare" },
  { name: "bare epoll loop, code", part: "hot", server: "epoll-code", path: CODE, base: "mhd-code", same: "code" },
  { name: "bare epoll loop, comparison", part: "hot", server: "epoll-compare", path: COMPARE, base: "mhd-compare", same: "compare" },
  { name: "sipcodes, code", part: "hot", server: "service", path: CODE, base: "mhd-code", same: "code", hot: true },
  { name: "sipcodes, comparison", part: "hot", server: "service", path: COMPARE, base: "mhd-compare", same: "compare", hot: true },
  { name: "nginx, file of the code", part: "hot", server: "nginx", path: CODE, base: "mhd-code", same: "code" },
  { name: "nginx, file of the comparison", part: "hot", server: "nginx", path: COMPARE, base: "mhd-compare", same: "compare" },
  { name: "haproxy, http-request return", part: "hot", server: "haproxy", path: CODE, base: "mhd-code", same: "code" },
  { name: "Fastify and better-sqlite3", part: "hot", server: "fastify", path: CODE, base: "mhd-code", same: "code", npm: true },
  { name: "json-server", part: "hot", server: "json-server", path: CODE, base: "mhd-code", same: "code", npm: true },
  { name: "sipcodes, code as text", part: "hot", server: "service", path: CODE, base: "mhd-code", fields: { Accept: "text/plain" } },
  { name: "sipcodes, code, gzip", part: "hot", server: "service", path: CODE, base: "mhd-code", fields: { "Accept-Encoding": "gzip" }, encoding: "gzip" },
  { name: "sipcodes, code, 304", part: "hot", server: "service", path: CODE, base: "mhd-code", etag: true },
  { name: "sipcodes, code, ?lang=id", part: "hot", server: "service", path: `${CODE}?lang=id`, base: "mhd-code", language: "id" },
  { name: "sipcodes, code, ?lang=zh", part: "hot", server: "service", path: `${CODE}?lang=zh`, base: "mhd-code", language: "zh" },
  { name: "sipcodes, code, Accept-Language: id", part: "hot", server: "service", path: CODE, base: "mhd-code", fields: INDONESIAN, language: "id" },
  { name: "sipcodes, code, Accept-Language: zh", part: "hot", server: "service", path: CODE, base: "mhd-code", fields: CHINESE, language: "zh" },
  { name: "sipcodes, code, cold", part: "cold", server: "service-cold", path: CODE, base: "mhd-code", same: "code" },
  { name: "sipcodes, comparison, cold", part: "cold", server: "service-cold", path: COMPARE, base: "mhd-compare", same: "compare" },
  { name: "sipcodes, code, access log to /dev/null", part: "log", server: "service-log-null", path: CODE, base: "mhd-code", same: "code" },
  { name: "sipcodes, code, access log to a file", part: "log", server: "service-log-disk", path: CODE, base: "mhd-code", same: "code" },
];

// Asks once as the load will, and throws unless the answer is what it has to be.
export async function verify(subject, url, context) {
  const fields = { ...subject.fields };
  if (subject.etag) fields["If-None-Match"] = context.code.answer.headers.etag;
  const answer = await ask(url + subject.path, { fields });
  const fault = (what) => new Error(`${subject.name}: ${what}`);
  if (answer.status !== (subject.etag ? 304 : 200)) throw fault(`status ${answer.status}`);
  if (subject.language !== undefined && answer.headers["content-language"] !== subject.language) throw fault("another language");
  if (subject.encoding !== answer.headers["content-encoding"]) throw fault("another encoding");
  if (subject.same !== undefined) {
    const model = context[subject.same].answer;
    if (!answer.body.equals(model.body)) throw fault("another body");
    for (const [name, value] of sharedFields(model))
      if (answer.headers[name.toLowerCase()] !== value) throw fault(`${name} is ${answer.headers[name.toLowerCase()]}, not ${value}`);
  }
  return { fields, size: answer.body.length };
}

// The peers' versions, for the report.
export async function versions(context) {
  const first = async (argv) => (await run(argv)).match(/\d+\.\d+[.\d]*/)[0];
  const found = [`nginx ${await first(["nginx", "-v"])}`, `haproxy ${await first(["haproxy", "-v"])}`, `Node ${process.versions.node}`,
    `libmicrohttpd ${await first(["pkg-config", "--modversion", "libmicrohttpd"])}`];
  if (context.packages !== undefined) {
    const { dependencies } = JSON.parse(readFileSync(context.packages, "utf8"));
    for (const [name, version] of Object.entries(dependencies)) found.push(`${name} ${version}`);
  }
  return found;
}

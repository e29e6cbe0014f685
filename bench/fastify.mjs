// A peer of the benchmark: Fastify answers /codes/:n out of an SQLite file, in which the body stands as it is sent. fastify.mjs PACKAGE.JSON DB FIELDS.JSON
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [packages, db, fieldsFile] = process.argv.slice(2);
const require = createRequire(packages);
const fastify = require("fastify");
const Database = require("better-sqlite3");

const fields = JSON.parse(readFileSync(fieldsFile, "utf8"));
const document = new Database(db, { readonly: true }).prepare("SELECT body FROM codes WHERE lang = ? AND key = ?").pluck();

const app = fastify({ logger: false, keepAliveTimeout: 30_000 });

app.get("/codes/:n", (request, reply) => {
  const body = document.get(request.query.lang ?? "en", request.params.n);
  if (body === undefined) return reply.code(404).send();
  return reply.headers(fields).send(body);
});

console.error(`listening on ${await app.listen({ host: "127.0.0.1", port: 0 })}`);

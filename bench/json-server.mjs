// A peer of the benchmark: json-server with the codes in a db.json. json-server.mjs PACKAGE.JSON DB.JSON FIELDS.JSON
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [packages, db, fieldsFile] = process.argv.slice(2);
const jsonServer = createRequire(packages)("json-server");
const fields = Object.entries(JSON.parse(readFileSync(fieldsFile, "utf8")));

const app = jsonServer.create();
const router = jsonServer.router(db);
router.db._.id = "code";
router.render = (request, response) => {
  // Not by Express, which would add a charset.
  for (const [name, value] of fields) response.setHeader(name, value);
  response.send(Buffer.from(`${JSON.stringify(response.locals.data)}\n`));
};
app.disable("x-powered-by");
app.use(router);

const server = app.listen(0, "127.0.0.1", () => console.error(`listening on http://127.0.0.1:${server.address().port}`));
server.keepAliveTimeout = 30_000;

// client.mjs URL [SCHEMA]: asks a running service over /mcp, by the SDK's client for the revisions with a handshake, and by fetch for 2026-07-28,
// which that client does not speak. SCHEMA is the JSON Schema of 2026-07-28; results are held against it if it is given.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../build/npm-mcp/", import.meta.url));
const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
// The SDK's own copies, so that one version says which.
const ofSdk = createRequire(require.resolve("@modelcontextprotocol/sdk/client/index.js"));
const { Ajv2020 } = ofSdk("ajv/dist/2020.js");
const addFormats = ofSdk("ajv-formats");

const [url, schemaFile] = process.argv.slice(2);
const endpoint = new URL("/mcp", url);
const VERSION = "2026-07-28";
const LEGACY = ["2025-11-25", "2025-06-18"];
const HEADER_MISMATCH = -32020;
const UNSUPPORTED_VERSION = -32022;
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const RESOURCE_NOT_FOUND = -32002; // up to 2025-11-25

const TRACE = "SIP/2.0 486 Busy Here\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:alice@example.com>;tag=1\r\n" +
  "To: <sip:bob@example.com>;tag=2\r\nCall-ID: 1@192.0.2.1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";

const TOOLS = [
  { name: "lookup_code", arguments: { code: 486, vendor: "cucm", lang: "en" }, says: "486 Busy Here" },
  { name: "compare_codes", arguments: { a: 486, b: 600, lang: "id" }, says: "600" },
  { name: "search", arguments: { query: "对方正忙", limit: 3, lang: "zh" }, says: "/codes/486" },
  { name: "explain_trace", arguments: { text: TRACE, lang: "id" }, says: "486" },
  { name: "vendor_handling", arguments: { vendor: "cucm", code: 503, lang: "zh" }, says: "CUCM" },
  { name: "lookup_cause", arguments: { cause: 17, lang: "en" }, says: "486" },
];

let steps = 0;
let failures = 0;
let exchange = "";

// A failed step does not keep the others from being tried; what was said last is shown with it.
async function step(name, run) {
  steps++;
  exchange = "";
  try {
    return await run();
  } catch (error) {
    failures++;
    console.error(`client: ${name}: ${error.message}\n${exchange}`);
    return undefined;
  }
}

async function recordingFetch(input, init = {}) {
  const response = await fetch(input, init);
  const body = await response.clone().text();
  const headers = [...new Headers(init.headers)].map(([key, value]) => `${key}: ${value}`).join("\n  ");
  exchange = `  ${init.method ?? "GET"} ${input}\n  ${headers}\n  ${init.body ?? ""}\n  ${response.status}\n  ${body.slice(0, 2000)}`;
  return response;
}

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
const published = schemaFile ? ajv.addSchema(JSON.parse(readFileSync(schemaFile, "utf8")), "mcp") : null;

function conforms(definition, value) {
  if (!published) return;
  const valid = published.validate(`mcp#/$defs/${definition}`, value);
  assert.ok(valid, `not a ${definition}: ${published.errorsText(published.errors)}`);
}

// ---- revisions with a handshake, by the SDK ----

const client = new Client({ name: "sipcodes-check", version: "1.0.0" });
// What goes wrong beside the calls: the client tries a GET for a stream, which has to be 405 where there is none.
const beside = [];
client.onerror = (error) => beside.push(error.message);
const code = (expected) => (error) => {
  assert.equal(error.code, expected);
  assert.ok(error.message.length > 10);
  return true;
};

await step("connect", async () => {
  await client.connect(new StreamableHTTPClientTransport(endpoint, { fetch: recordingFetch }));
  assert.equal(client.getServerVersion().name, "sipcodes");
  assert.ok(client.getServerCapabilities().tools && client.getServerCapabilities().resources);
  assert.ok(client.getInstructions().length > 20);
});

await step("listTools", async () => {
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name).sort(), TOOLS.map((tool) => tool.name).sort());
  for (const tool of tools) {
    assert.ok(tool.title && tool.description, `${tool.name} has no title or description`);
    assert.equal(tool.inputSchema.type, "object");
    assert.equal(tool.outputSchema?.type, "object", `${tool.name} has no output schema`);
    for (const schema of [tool.inputSchema, tool.outputSchema]) assert.ok(ajv.validateSchema(schema), `${tool.name}: ${ajv.errorsText()}`);
    const { arguments: example } = TOOLS.find((known) => known.name === tool.name);
    assert.ok(ajv.validate(tool.inputSchema, example), `${tool.name}: ${ajv.errorsText()}`);
    // The SDK reads the schemas as draft-07, which passes over some of what 2020-12 forbids.
    tool.check = ajv.compile(tool.outputSchema);
  }
  for (const tool of TOOLS) tool.check = tools.find((known) => known.name === tool.name).check;
});

for (const tool of TOOLS)
  await step(`callTool ${tool.name}`, async () => {
    const result = await client.callTool({ name: tool.name, arguments: tool.arguments });
    assert.ok(!result.isError);
    assert.equal(result.content[0].type, "text");
    assert.ok(result.content[0].text.includes(tool.says), `the text has no ${tool.says}`);
    assert.equal(result.structuredContent.lang, tool.arguments.lang);
    assert.ok(tool.check(result.structuredContent), ajv.errorsText(tool.check.errors));
  });

await step("callTool with a code that nobody defined", async () => {
  const result = await client.callTool({ name: "lookup_code", arguments: { code: 499 } });
  assert.equal(result.isError, true);
  assert.match(result.content[0].text, /499.*400/s);
});

await step("callTool without an argument that is required", async () => {
  const result = await client.callTool({ name: "compare_codes", arguments: { a: 486 } });
  assert.equal(result.isError, true);
  assert.match(result.content[0].text, /\bb\b/);
});

await step("callTool of an unknown tool", () =>
  assert.rejects(client.callTool({ name: "place_call", arguments: {} }), code(INVALID_PARAMS)));

const resources = await step("listResources", async () => {
  const list = (await client.listResources()).resources;
  assert.ok(list.length > 90);
  assert.ok(list.some((resource) => resource.uri === "sipcodes://codes/486"));
  assert.equal(new Set(list.map((resource) => resource.uri)).size, list.length);
  return list;
});

await step("listResourceTemplates", async () => {
  const templates = (await client.listResourceTemplates()).resourceTemplates.map((template) => template.uriTemplate);
  for (const template of ["codes/{code}", "compare/{a}/{b}", "vendors/{slug}"]) assert.ok(templates.includes(`sipcodes://${template}`));
});

for (const uri of [resources?.[0]?.uri ?? "sipcodes://codes/100", "sipcodes://compare/486/600", "sipcodes://vendors/cucm"])
  await step(`readResource ${uri}`, async () => {
    const { contents } = await client.readResource({ uri });
    assert.equal(contents[0].uri, uri);
    assert.equal(contents[0].mimeType, "text/markdown");
    assert.match(contents[0].text, /^# /);
  });

await step("readResource of an unknown resource", () =>
  assert.rejects(client.readResource({ uri: "sipcodes://codes/499" }), code(RESOURCE_NOT_FOUND)));

await step("ping", async () => assert.deepEqual(await client.ping(), {}));

await step("close", async () => {
  await client.close();
  assert.deepEqual(beside, []);
});

// ---- 2026-07-28, by fetch ----

const META = { "io.modelcontextprotocol/protocolVersion": VERSION, "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "sipcodes-check", version: "1.0.0" } };

async function post(body, headers = {}) {
  const all = { "Content-Type": "application/json", Accept: "application/json, text/event-stream", ...headers };
  for (const name of Object.keys(all)) if (all[name] === null) delete all[name];
  const response = await recordingFetch(endpoint, { method: "POST", headers: all, body: typeof body === "string" ? body : JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, type: response.headers.get("content-type"), text, json: text && JSON.parse(text) };
}

// A request as the revision wants it; `headers` and `meta` replace members, null takes one away.
function ask(method, params = {}, { headers = {}, meta = META } = {}) {
  const name = params.name ?? params.uri;
  const fields = { "MCP-Protocol-Version": VERSION, "Mcp-Method": method, ...(name && { "Mcp-Name": name }), ...headers };
  return post({ jsonrpc: "2.0", id: `id-${steps}`, method, params: { ...params, ...(meta && { _meta: meta }) } }, fields);
}

function result(answer, definition, cacheable) {
  assert.equal(answer.status, 200);
  assert.equal(answer.type, "application/json");
  assert.equal(answer.json.id, `id-${steps}`);
  assert.equal(answer.json.error, undefined);
  assert.equal(answer.json.result.resultType, "complete");
  assert.equal(answer.json.result._meta["io.modelcontextprotocol/serverInfo"].name, "sipcodes");
  if (cacheable) {
    assert.ok(answer.json.result.ttlMs >= 0);
    assert.ok(["public", "private"].includes(answer.json.result.cacheScope));
  }
  conforms(`${definition}Response`, answer.json);
  return answer.json.result;
}

function refused(answer, status, errorCode, definition) {
  assert.equal(answer.status, status);
  assert.equal(answer.json.error.code, errorCode);
  assert.ok(answer.json.error.message.length > 10);
  conforms(definition ?? "JSONRPCErrorResponse", answer.json);
  return answer.json.error;
}

await step("server/discover", async () => {
  const found = result(await ask("server/discover"), "DiscoverResult", true);
  assert.ok(found.supportedVersions.includes(VERSION));
  assert.ok(found.capabilities.tools && found.capabilities.resources);
});

await step("tools/list", async () => {
  const { tools } = result(await ask("tools/list"), "ListToolsResult", true);
  assert.equal(tools.length, TOOLS.length);
});

for (const tool of TOOLS)
  await step(`tools/call ${tool.name}`, async () => {
    const called = result(await ask("tools/call", { name: tool.name, arguments: tool.arguments }), "CallToolResult");
    assert.ok(!called.isError);
    assert.ok(tool.check(called.structuredContent), ajv.errorsText(tool.check.errors));
  });

await step("tools/call with a code that nobody defined", async () =>
  assert.equal(result(await ask("tools/call", { name: "lookup_code", arguments: { code: 499 } }), "CallToolResult").isError, true));

await step("tools/call of an unknown tool", async () => {
  const answer = await ask("tools/call", { name: "place_call", arguments: {} });
  assert.equal(answer.json.error.code, INVALID_PARAMS);
});

await step("resources/list", async () => result(await ask("resources/list"), "ListResourcesResult", true));

await step("resources/templates/list", async () => result(await ask("resources/templates/list"), "ListResourceTemplatesResult", true));

await step("resources/read with Mcp-Name in Base64", async () => {
  const uri = "sipcodes://codes/486";
  const headers = { "Mcp-Name": `=?base64?${Buffer.from(uri).toString("base64")}?=` };
  assert.match(result(await ask("resources/read", { uri }, { headers }), "ReadResourceResult", true).contents[0].text, /^# 486/);
});

await step("resources/read of an unknown resource", async () => {
  const answer = await ask("resources/read", { uri: "sipcodes://codes/499" });
  assert.equal(answer.json.error.code, INVALID_PARAMS);
});

await step("field names in other letters, values not", async () => {
  const headers = { "MCP-Protocol-Version": null, "Mcp-Method": null, "mcp-protocol-version": VERSION, "MCP-METHOD": "tools/list" };
  result(await ask("tools/list", {}, { headers }), "ListToolsResult", true);
  refused(await ask("tools/list", {}, { headers: { "Mcp-Method": "Tools/List" } }), 400, HEADER_MISMATCH, "HeaderMismatchError");
});

for (const [name, method, params, headers] of [
  ["another version", "tools/list", {}, { "MCP-Protocol-Version": LEGACY[0] }],
  ["no version", "tools/list", {}, { "MCP-Protocol-Version": null }],
  ["another method", "tools/list", {}, { "Mcp-Method": "resources/list" }],
  ["no method", "tools/list", {}, { "Mcp-Method": null }],
  ["another tool", "tools/call", { name: "search", arguments: { query: "busy" } }, { "Mcp-Name": "lookup_code" }],
  ["no tool", "tools/call", { name: "search", arguments: { query: "busy" } }, { "Mcp-Name": null }],
  ["another resource", "resources/read", { uri: "sipcodes://codes/486" }, { "Mcp-Name": "sipcodes://codes/487" }],
  ["another tool in Base64", "tools/call", { name: "search", arguments: { query: "busy" } }, { "Mcp-Name": "=?base64?bG9va3VwX2NvZGU=?=" }],
])
  await step(`HeaderMismatch: ${name}`, async () => {
    const answer = await ask(method, params, { headers });
    refused(answer, 400, HEADER_MISMATCH, "HeaderMismatchError");
    assert.equal(answer.json.id, `id-${steps}`);
  });

await step("UnsupportedProtocolVersion", async () => {
  const headers = { "MCP-Protocol-Version": "1900-01-01" };
  const meta = { ...META, "io.modelcontextprotocol/protocolVersion": "1900-01-01" };
  const { data } = refused(await ask("tools/list", {}, { headers, meta }), 400, UNSUPPORTED_VERSION, "UnsupportedProtocolVersionError");
  assert.equal(data.requested, "1900-01-01");
  assert.ok(data.supported.includes(VERSION));
});

for (const key of ["io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities"])
  await step(`_meta without ${key}`, async () => {
    const { [key]: left, ...meta } = META;
    assert.notEqual(left, undefined);
    refused(await ask("tools/list", {}, { meta }), 400, INVALID_PARAMS);
  });

await step("header fields with blanks around their values", async () => {
  // fetch would take them away
  const headers = { "Content-Type": "application/json", "MCP-Protocol-Version": ` ${VERSION} `, "Mcp-Method": " tools/call\t", "Mcp-Name": "\tsearch " };
  const params = { name: "search", arguments: { query: "busy" }, _meta: META };
  const status = await new Promise((resolve, reject) => {
    const request = httpRequest(endpoint, { method: "POST", headers }, (response) => resolve(response.resume().statusCode));
    request.on("error", reject).end(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }));
  });
  assert.equal(status, 200);
});

await step("Mcp-Method in Base64, which only Mcp-Name may be", async () =>
  refused(await ask("tools/list", {}, { headers: { "Mcp-Method": "=?base64?dG9vbHMvbGlzdA==?=" } }), 400, HEADER_MISMATCH));

await step("names that go on after NUL", async () => {
  for (const [method, params] of [["ping\0x", {}], ["tools/call", { name: "search\0x", arguments: { query: "busy" } }]])
    assert.ok((await post({ jsonrpc: "2.0", id: 1, method, params })).json.error);
});

for (const method of ["prompts/list", "initialize", "ping", "subscriptions/listen"])
  await step(`method not found: ${method}`, async () => {
    const answer = await ask(method);
    refused(answer, 404, METHOD_NOT_FOUND);
    assert.equal(answer.json.id, `id-${steps}`);
  });

for (const origin of ["https://attacker.example", "http://localhost.attacker.example", "http://127.0.0.1:80@attacker.example", "null"])
  await step(`Origin refused: ${origin}`, async () => {
    const { status, json } = await ask("tools/list", {}, { headers: { Origin: origin } });
    assert.equal(status, 403);
    assert.ok(!("id" in json) && json.error);
  });

await step("Origin accepted: a page of this machine", async () => {
  for (const origin of ["http://localhost:3000", "http://127.0.0.1:6274", "http://[::1]:8080"])
    result(await ask("server/discover", {}, { headers: { Origin: origin } }), "DiscoverResult");
});

await step("notification", async () => {
  const notification = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1, _meta: META } };
  const { status, text } = await post(notification, { "MCP-Protocol-Version": VERSION, "Mcp-Method": "notifications/cancelled" });
  assert.equal(status, 202);
  assert.equal(text, "");
});

await step("notification in an unknown version", async () => {
  const { status } = await post({ jsonrpc: "2.0", method: "notifications/initialized" }, { "MCP-Protocol-Version": "1900-01-01" });
  assert.equal(status, 400);
});

await step("preflight of a page of this machine", async () => {
  const headers = { Origin: "http://localhost:6274", "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type,mcp-method,mcp-name,mcp-protocol-version" };
  const response = await recordingFetch(endpoint, { method: "OPTIONS", headers });
  const allowed = (response.headers.get("access-control-allow-headers") ?? "").toLowerCase().split(/,\s*/);
  exchange += `\n  Access-Control-Allow-Headers: ${allowed}`;
  for (const name of ["content-type", "mcp-method", "mcp-name", "mcp-protocol-version"]) assert.ok(allowed.includes(name), `${name} is not allowed`);
});

await step("a batch", async () => refused(await post([{ jsonrpc: "2.0", id: 1, method: "ping" }]), 400, INVALID_REQUEST));

await step("id null", async () => refused(await post({ jsonrpc: "2.0", id: null, method: "ping" }), 400, INVALID_REQUEST));

await step("no JSON", async () => refused(await post("{"), 400, PARSE_ERROR));

await step("another media type", async () => assert.equal((await post("{}", { "Content-Type": "text/plain" })).status, 415));

for (const method of ["GET", "DELETE"])
  await step(method, async () => {
    const response = await recordingFetch(endpoint, { method, headers: { Accept: "text/event-stream", "Mcp-Session-Id": "1" } });
    assert.equal(response.status, 405);
    assert.match(response.headers.get("allow"), /POST/);
    assert.equal(response.headers.get("mcp-session-id"), null);
  });

if (failures > 0) {
  console.error(`client: ${failures} of ${steps} steps failed`);
  process.exit(1);
}
console.log(`SDK client ${steps} steps`);

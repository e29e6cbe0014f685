// bot.mjs: takes questions on SIP as a chat system posts them, {"text": "486 vs 600"}, asks sipcodes, answers {"text": Markdown}.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
const { BOT_SECRET, BOT_LANGUAGE = "en", BOT_PORT = "8090", SIPCODES_URL = "http://127.0.0.1:8080" } = process.env;
if (!BOT_SECRET) throw new Error("BOT_SECRET has to be set: without it, anyone could ask.");

async function ask(path, query, body) {
  const url = new URL(path, SIPCODES_URL);
  url.search = new URLSearchParams({ ...query, lang: BOT_LANGUAGE, format: "text" });
  const post = { method: "POST", headers: { "Content-Type": "text/plain" }, body };
  const response = await fetch(url, { ...(body && post), signal: AbortSignal.timeout(2500) });
  const text = (await response.text()).replaceAll("](/", `](${SIPCODES_URL}/`); // a link in a chat has no page to be relative to
  return { found: response.status !== 404, text: text.length <= 3000 ? text : `${text.slice(0, text.lastIndexOf("\n", 3000))}\n\n…${body ? "" : ` ${url}`}` };
}
async function answer(question) {
  if (question.includes("\n") && question.includes("SIP/2.0")) return (await ask("/explain", {}, question)).text;
  const codes = question.match(/\b[1-6][0-9]{2}\b/g) ?? [], words = question.replace(codes[0], "").trim();
  if (codes.length === 2) return (await ask(`/compare/${codes[0]}/${codes[1]}`)).text;
  if (codes.length === 1 && words === "") return (await ask(`/codes/${codes[0]}`)).text;
  const slug = words.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, ""); // "Session Manager": session-manager
  const vendor = codes.length === 1 && slug && (await ask(`/vendors/${slug}`, { code: codes[0] }));
  return vendor && vendor.found ? vendor.text : (await ask("/search", { q: question, limit: 5 })).text;
}
function isSigned(request, body) {
  const due = Buffer.from(`sha256=${createHmac("sha256", BOT_SECRET).update(body).digest("hex")}`), said = Buffer.from(request.headers["x-signature"] ?? "");
  return said.length === due.length && timingSafeEqual(said, due); // the time it takes does not tell how much was right
}
const server = createServer(async (request, response) => {
  const reply = (status, text) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ text }));
  try {
    if (!(Number(request.headers["content-length"]) <= 1 << 20)) return reply(413, "The body is larger than 1 MiB, or does not say how large it is.");
    const body = await buffer(request);
    if (!isSigned(request, body)) return reply(401, "The signature is not that of this body.");
    const { text } = JSON.parse(body) ?? {};
    return typeof text === "string" ? reply(200, await answer(text.trim())) : reply(400, "The body has no text.");
  } catch (error) { reply(error instanceof SyntaxError ? 400 : 502, error.message); }
});
server.listen(BOT_PORT, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));

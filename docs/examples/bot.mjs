// bot.mjs: takes questions on SIP as a chat system posts them, {"text": "486 vs 600"}, asks sipcodes, answers {"text": Markdown}.
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const { BOT_SECRET, BOT_LANGUAGE = "en", BOT_PORT = "8090", SIPCODES_URL = "http://127.0.0.1:8080" } = process.env;
if (!BOT_SECRET) throw new Error("BOT_SECRET has to be set: without it, anyone could ask.");
const MAX_QUESTION = 1 << 20, MAX_ANSWER = 3000; // bytes; characters, since a chat is no place for a long page

async function ask(path, query, body) {
  const url = new URL(path, SIPCODES_URL);
  url.search = new URLSearchParams({ ...query, lang: BOT_LANGUAGE, format: "text" });
  const post = { method: "POST", headers: { "Content-Type": "text/plain" }, body };
  const response = await fetch(url, { ...(body && post), signal: AbortSignal.timeout(2500) });
  const text = (await response.text()).replaceAll("](/", `](${SIPCODES_URL}/`); // a link in a chat has no page to be relative to
  return { found: response.status !== 404, text: text.length <= MAX_ANSWER ? text : cut(text, body ? "" : ` ${url}`) };
}

function cut(text, where) {
  const part = text.slice(0, text.lastIndexOf("\n", MAX_ANSWER));
  return `${part}${part.split("```").length % 2 ? "" : "\n```"}\n\n…${where}`; // a code block that was cut is closed
}

async function answer(question) {
  if (question.includes("\n") && question.includes("SIP/2.0")) return (await ask("/explain", {}, question)).text;
  const codes = question.match(/\b[1-6][0-9]{2}\b/g) ?? [];
  if (codes.length === 2) return (await ask(`/compare/${codes[0]}/${codes[1]}`)).text;
  const words = question.replace(codes[0], "").trim();
  if (codes.length === 1 && words === "") return (await ask(`/codes/${codes[0]}`)).text;
  const slug = words.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, ""); // "Session Manager": session-manager
  const vendor = codes.length === 1 && slug && (await ask(`/vendors/${slug}`, { code: codes[0] }));
  return vendor && vendor.found ? vendor.text : (await ask("/search", { q: question, limit: 5 })).text;
}

function isSigned(request, body) {
  const due = Buffer.from(`sha256=${createHmac("sha256", BOT_SECRET).update(body).digest("hex")}`);
  const said = Buffer.from(request.headers["x-signature"] ?? "");
  return said.length === due.length && timingSafeEqual(said, due); // the time it takes does not tell how much was right
}

const server = createServer(async (request, response) => {
  const reply = (status, text) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify({ text }));
  try {
    const chunks = [];
    let size = 0;
    for await (const chunk of request) {
      chunks.push(chunk);
      if ((size += chunk.length) > MAX_QUESTION) return request.socket.destroy();
    }
    const body = Buffer.concat(chunks);
    if (!isSigned(request, body)) return reply(401, "The signature is not that of this body.");
    const { text } = JSON.parse(body) ?? {};
    if (typeof text !== "string") return reply(400, "The body has no text.");
    reply(200, await answer(text.trim()));
  } catch (error) {
    reply(error instanceof SyntaxError ? 400 : 502, error.message);
  }
});
server.listen(BOT_PORT, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));

// bot.mjs URL LANGUAGE: asks a running bot (docs/examples/bot.mjs) a question of each kind, and what it has to refuse; BOT_SECRET is its secret.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

const [url, language] = process.argv.slice(2);
const sign = (body, secret) => `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

async function post(body, signature = sign(body, process.env.BOT_SECRET)) {
  const response = await fetch(url, { method: "POST", headers: signature ? { "X-Signature": signature } : {}, body,
    signal: AbortSignal.timeout(10000) });
  return { status: response.status, ...(await response.json()) };
}

const questions = [
  ["486", "# 486 Busy Here"],
  ["486 vs 600", "# 486 Busy Here"],
  ["cucm 503", "# Cisco Unified Communications Manager"],
  ["Session Manager 503", "# Avaya Aura Session Manager"],
  ["nomor sibuk", "/codes/486)"],
  ["对方正忙", "/codes/486)"],
  ["SIP/2.0 486 Busy Here\r\nCSeq: 1 INVITE\r\nCall-ID: 1@192.0.2.1\r\n\r\n", "/codes/486)"],
];
for (const [question, says] of questions) {
  const { status, text } = await post(JSON.stringify({ text: question }));
  assert.equal(status, 200, question);
  assert.ok(text.includes(says), `${question}: no ${says} in ${text}`);
  assert.ok(text.length < 3500, `${question}: ${text.length} characters`);
  assert.ok(!text.includes("](/"), `${question}: a relative link`);
}

const asked = JSON.stringify({ text: "486" });
const { text } = await post(asked);
assert.match(text, { en: /Client error/, id: /Kesalahan klien/i, zh: /客户端错误/ }[language], "another language");
for (const signature of ["", "sha256=", sign(asked, "guessed"), sign(asked + " ", process.env.BOT_SECRET)])
  assert.equal((await post(asked, signature)).status, 401, `the signature "${signature}" was taken`);
for (const body of ["{", "null", "{}", '{"text":486}']) assert.equal((await post(body)).status, 400, body);
// It answers before it has read so much: the client may see that, or only that the connection is gone.
assert.equal((await post("x".repeat(2 << 20)).catch(() => ({ status: 413 }))).status, 413);
assert.equal((await post(asked)).status, 200, "not there any more");
console.log(`bot ${questions.length} questions`);

// Measures the subjects side by side: in every round each of them once, so that what changes on the machine meets all.
import { load, median } from "./load.mjs";
import { memory, stop } from "./proc.mjs";
import { servers, subjects, verify } from "./subjects.mjs";

function summary(subject, asked, rounds, peak) {
  const middle = (name) => median(rounds.map((round) => round[name]));
  return { ...subject, size: asked.size, rate: middle("rate"), cpu: middle("cpu"), p50: middle("p50"), p99: middle("p99"), peak };
}

/* Returns the medians over the rounds, one object a subject. A ratio is the median over the rounds too: each round's CPU a request
 * by that of the base in the same round. */
export async function measureTable(context, { parts, rounds, seconds, say }) {
  const chosen = subjects.filter((one) => parts.has(one.part) || (one.part === "hot" && one.server.startsWith("mhd-")))
    .filter((one) => !one.npm || context.packages !== undefined);
  const up = new Map(), asked = new Map(), results = new Map(chosen.map((one) => [one, []]));
  for (const one of chosen) {
    if (!up.has(one.server)) up.set(one.server, await servers[one.server](context));
    asked.set(one, await verify(one, up.get(one.server).url, context));
    await load(up.get(one.server), one.path, { seconds: 1, fields: asked.get(one).fields });
  }
  for (let round = 1; round <= rounds; round++)
    for (const one of chosen) {
      const result = await load(up.get(one.server), one.path, { seconds, fields: asked.get(one).fields });
      results.get(one).push(result);
      say(`${round}/${rounds}  ${one.name.padEnd(32)} ${result.rate.toFixed(0).padStart(7)}/s ${result.cpu.toFixed(2).padStart(8)} µs CPU  p99 ${
        (result.p99 / 1000).toFixed(2)} ms`);
    }
  const table = chosen.map((one) => {
    const base = results.get(chosen.find((other) => other.server === one.base));
    const peak = memory(up.get(one.server).pid);
    return { ...summary(one, asked.get(one), results.get(one), peak), ratio: median(results.get(one).map((round, i) => round.cpu / base[i].cpu)) };
  });
  for (const server of up.values()) await stop(server);
  return table;
}

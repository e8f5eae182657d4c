// The limit: `bare_text_session.cjs MODEL TOKENS SECONDS` prints, for each number of texts in a run, the texts a second that
// the model takes as token IDs, and the 99th percentile of the milliseconds of a run.
const { InferenceSession, Tensor } = require('onnxruntime-node');

const [path, tokens, seconds] = process.argv.slice(2);
const TEXTS = [1, 4, 8, 32];
const WARM_UP_RUNS = 3;

async function main() {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1 });
  const results = [];
  for (const texts of TEXTS) {
    const tensor = (fill) => {
      const data = BigInt64Array.from({ length: texts * tokens }, (_, index) => fill(index % tokens));
      return new Tensor('int64', data, [texts, Number(tokens)]);
    };
    const feeds = {
      input_ids: tensor((index) => BigInt(2000 + index)),
      attention_mask: tensor(() => 1n),
      token_type_ids: tensor(() => 0n),
    };
    for (let run = 0; run < WARM_UP_RUNS; run++) await session.run(feeds);
    // Processor time, which is the time that runs take where the machine does nothing else.
    const before = process.cpuUsage();
    const since = performance.now();
    const times = [];
    while (performance.now() - since < (seconds * 1000) / TEXTS.length) {
      const start = performance.now();
      await session.run(feeds);
      times.push(performance.now() - start);
    }
    const { user, system } = process.cpuUsage(before);
    const textsPerSecond = (times.length * texts * 1e6) / (user + system);
    times.sort((left, right) => left - right);
    results.push({ texts, textsPerSecond, p99Ms: times[Math.ceil(0.99 * times.length) - 1] });
  }
  console.log(JSON.stringify(results));
}

main();

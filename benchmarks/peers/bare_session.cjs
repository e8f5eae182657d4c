// The limit: `bare_session.cjs MODEL SHAPE SECONDS` prints how often a second the model runs, and does nothing else.
const { InferenceSession, Tensor } = require('onnxruntime-node');

const [path, shape, seconds] = process.argv.slice(2);
const WARM_UP_RUNS = 20;

async function main() {
  const session = await InferenceSession.create(path, { intraOpNumThreads: 1 });
  const sizes = shape.split(',').map(Number);
  const data = Float32Array.from(
    { length: sizes.reduce((product, size) => product * size) },
    (_, index) => (index % 256) / 255,
  );
  const feeds = { [session.inputNames[0]]: new Tensor('float32', data, sizes) };
  for (let run = 0; run < WARM_UP_RUNS; run++) await session.run(feeds);
  const since = performance.now();
  let runs = 0;
  while (performance.now() - since < seconds * 1000) {
    await session.run(feeds);
    runs++;
  }
  console.log((runs * 1000) / (performance.now() - since));
}

main();

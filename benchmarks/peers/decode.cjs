// `decode.cjs HOW DIGITS` prints the median of the milliseconds from the JSON of a picture to its Float32Array.
const { JsonReader, TensorBuilder } = require('@modelship/runtime/serve');

const SHAPE = [1, 3, 224, 224];
const WARM_UP_RUNS = 20;
const RUNS = 50;

const WAYS = {
  flatten: (body) => Float32Array.from(JSON.parse(body.toString()).flat(Infinity)),
  loops: (body) => {
    const data = new Float32Array(SHAPE.reduce((product, size) => product * size));
    let next = 0;
    for (const image of JSON.parse(body.toString())) {
      for (const plane of image) {
        for (const row of plane) {
          for (const value of row) data[next++] = value;
        }
      }
    }
    return data;
  },
  scan: (body) => {
    const builder = new TensorBuilder(new JsonReader(body, false), { name: 'image', datatype: 'FP32', shape: SHAPE });
    builder.read();
    return builder.tensor().data;
  },
};

/** Nested lists of numbers from 0 to 1 that repeat in no round figure. */
function picture([size, ...others], digits, state = { seed: 1 }) {
  return Array.from({ length: size }, () => {
    if (others.length > 0) return picture(others, digits, state);
    state.seed = (state.seed * 48271) % 2147483647;
    return digits === 17 ? state.seed / 2147483647 : Number((state.seed / 2147483647).toFixed(digits));
  });
}

const [how, digits] = process.argv.slice(2);
const body = Buffer.from(JSON.stringify(picture(SHAPE, Number(digits))));
const same = Buffer.from(WAYS[how](body).buffer).equals(Buffer.from(WAYS.flatten(body).buffer));
if (!same) throw new Error(`${how} gives another tensor`);
const times = [];
for (let run = -WARM_UP_RUNS; run < RUNS; run++) {
  const since = performance.now();
  WAYS[how](body);
  if (run >= 0) times.push(performance.now() - since);
}
console.log(times.sort((left, right) => left - right)[RUNS >> 1]);

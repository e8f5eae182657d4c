// Prints what the original model answers, in TensorFlow.js, for the photos of `requests.json`: it wrote expected.json.
// TensorFlow.js is taken from the working directory, as it is 294 MB that nothing else here needs:
//
//   npm install --no-save @tensorflow/tfjs@4.22.0
//   node reference.mjs .cache/mobilenet/weights .cache/mobilenet/models/requests.json
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const tf = createRequire(join(process.cwd(), 'package.json'))('@tensorflow/tfjs');
const [weights, requests] = process.argv.slice(2);
const PHOTOS = ['china.jpg', 'flower.jpg'];

const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(weights, 'model.json'), 'utf8'));
const weightData = new Uint8Array(readFileSync(join(weights, 'weights.bin'))).buffer;
const model = await tf.loadLayersModel(
  tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData }),
);
const { instances } = JSON.parse(readFileSync(requests, 'utf8'));
const answers = await model.predict(tf.tensor4d(instances)).array();
console.log(
  JSON.stringify(
    Object.fromEntries(
      PHOTOS.map((photo, index) => [photo, answers[index].map((value) => Number(value.toPrecision(7)))]),
    ),
    null,
    2,
  ),
);

// Unpacks the MobileNetV2 inside the npm package `nsfwjs` into a folder, as TensorFlow.js saves models:
//
//   model.json    the layers; name, shape and quantization of each variable, in order
//   weights.bin   one byte a number, in the same order
//
// Run it by `node weights.mjs FOLDER`.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { x } from 'tar';
import { withNpmPackage } from '../npm-package.mjs';

const PACKAGE = 'nsfwjs@4.3.0';
const SHA256 = '4496790efc9bdc6f3e85a826a8e482c1fa1e9db4b3d18c095e98cc0c73cfb12f';

const folder = process.argv[2];
await withNpmPackage(PACKAGE, SHA256, folder, async (file, cwd) => {
  await x({ file, cwd, filter: (path) => path.startsWith('package/dist/models/') });

  // Both are JavaScript modules, around the JSON and around the bytes.
  const load = createRequire(join(cwd, 'package/dist/models/mobilenet_v2/'));
  const { modelTopology, weightsManifest } = load('./model.min.js');
  const [{ weights }] = weightsManifest;
  writeFileSync(join(folder, 'weights.bin'), Buffer.from(load('./group1-shard1of1.min.js'), 'base64'));
  writeFileSync(
    join(folder, 'model.json'),
    JSON.stringify({ modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights }] }),
  );
});

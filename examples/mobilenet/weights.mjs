// Unpacks the MobileNetV2 inside the npm package `nsfwjs` into a folder, as TensorFlow.js saves models:
//
//   model.json    the layers; name, shape and quantization of each variable, in order
//   weights.bin   one byte a number, in the same order
//
// Run it by `node weights.mjs FOLDER`.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { x } from 'tar';

const PACKAGE = 'nsfwjs@4.3.0';
const SHA256 = '4496790efc9bdc6f3e85a826a8e482c1fa1e9db4b3d18c095e98cc0c73cfb12f';

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const download = mkdtempSync(join(folder, 'download-'));
try {
  const npm = ['pack', PACKAGE, '--silent', '--pack-destination', download];
  const archive = join(download, execFileSync('npm', npm, { encoding: 'utf8' }).trim());
  const sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex');
  if (sha256 !== SHA256) throw new Error(`${PACKAGE} has the SHA-256 ${sha256}, expected ${SHA256}`);
  await x({ file: archive, cwd: download, filter: (path) => path.startsWith('package/dist/models/') });

  // Both are JavaScript modules, around the JSON and around the bytes.
  const load = createRequire(join(download, 'package/dist/models/mobilenet_v2/'));
  const { modelTopology, weightsManifest } = load('./model.min.js');
  const [{ weights }] = weightsManifest;
  writeFileSync(join(folder, 'weights.bin'), Buffer.from(load('./group1-shard1of1.min.js'), 'base64'));
  writeFileSync(
    join(folder, 'model.json'),
    JSON.stringify({ modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights }] }),
  );
} finally {
  rmSync(download, { recursive: true });
}

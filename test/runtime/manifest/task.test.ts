import { type Manifest, packageDigest, parseManifest, signaturesOf } from '@modelship/runtime/manifest';
import { describe, expect, test } from 'vitest';

const SHA256 = 'a'.repeat(64);
const ids = (name: string) => ({ name, datatype: 'INT64', shape: [-1, -1] });
const texts = (name: string) => ({ name, datatype: 'BYTES', shape: [-1] });

const TOKENIZER = {
  file: 'tokenizer.json',
  maxTokens: 256,
  truncationSide: 'right',
  padding: { id: 0, typeId: 0, side: 'right' },
};

const EMBED = { type: 'embed', tokenizer: TOKENIZER, output: 'last_hidden_state', pooling: 'mean', normalize: true };

const TENSORS = {
  inputs: [ids('input_ids'), ids('attention_mask'), ids('token_type_ids')],
  outputs: [{ name: 'last_hidden_state', datatype: 'FP32', shape: [-1, -1, 384] }],
};

const FIELDS = {
  schemaVersion: 1,
  name: 'minilm',
  version: '1',
  format: 'onnx',
  artifact: 'model.onnx',
  inputs: [texts('text')],
  outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, 384] }],
  signatures: { tensors: TENSORS },
  task: EMBED,
  samples: { count: 0, tolerance: { absolute: 1e-6, relative: 1e-5 } },
  files: ['model.onnx', 'tokenizer.json'].map((path) => ({ path, size: 8, sha256: SHA256 })),
};

const logits = (shape: number[], labels?: string[]) => ({
  tensors: { ...TENSORS, outputs: [{ name: 'logits', datatype: 'FP32', shape, ...(labels && { labels }) }] },
});

const RERANK = {
  task: { type: 'rerank', tokenizer: TOKENIZER, output: 'logits', activation: 'sigmoid' },
  inputs: [texts('query'), texts('text')],
  outputs: [{ name: 'score', datatype: 'FP32', shape: [-1] }],
  signatures: logits([-1, 1]),
};

const CLASSIFICATION = {
  task: { type: 'text_classification', tokenizer: TOKENIZER, output: 'logits', activation: 'softmax' },
  outputs: [{ name: 'scores', datatype: 'FP32', shape: [-1, 2], labels: ['bad', 'good'] }],
  signatures: logits([-1, 2], ['bad', 'good']),
};

function parse(changes: Record<string, unknown> = {}): Manifest {
  const fields = { ...FIELDS, ...changes } as unknown as Manifest;
  return parseManifest(JSON.stringify({ ...fields, digest: packageDigest(fields) }), 'model.json');
}

const RECOMMEND = {
  format: 'npz',
  artifact: 'model.npz',
  task: { type: 'recommend' },
  inputs: [texts('query')],
  outputs: [texts('recommendations')],
  signatures: undefined,
  files: [{ path: 'model.npz', size: 8, sha256: SHA256 }],
};

describe('the task of a manifest', () => {
  test.each<[string, Record<string, unknown>]>([
    ['embed', {}],
    ['embed with prompts', { task: { ...EMBED, prompts: { query: 'query: ', none: '' }, defaultPrompt: 'query' } }],
    [
      'embed of a model that pools',
      {
        task: { ...EMBED, pooling: undefined, output: 'sentence_embedding' },
        signatures: {
          tensors: {
            ...TENSORS,
            outputs: [...TENSORS.outputs, { name: 'sentence_embedding', datatype: 'FP16', shape: [-1, 384] }],
          },
        },
      },
    ],
    ['rerank', RERANK],
    ['text_classification', CLASSIFICATION],
  ])('is read: %s', (_, changes) => {
    expect(parse(changes)).toMatchObject(JSON.parse(JSON.stringify({ ...FIELDS, ...changes })));
  });

  test('leaves the tensors of the model in a signature of their own', () => {
    const signatures = signaturesOf(parse());
    expect(signatures.serving_default).toMatchObject({ inputs: FIELDS.inputs, outputs: FIELDS.outputs });
    expect(signatures.tensors).toMatchObject(TENSORS);
  });

  test('is part of the digest', () => {
    expect(parse().digest).not.toBe(parse({ task: { ...EMBED, normalize: false } }).digest);
    expect(parse().digest).not.toBe(parse({ task: { ...EMBED, pooling: 'cls' } }).digest);
  });

  const tensors = (changes: object) => ({ signatures: { tensors: { ...TENSORS, ...changes } } });

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'an unknown task',
      { task: { ...EMBED, type: 'translate' } },
      /- task(\.type)?: must be one of embed, rerank, text_classification/,
    ],
    ['a task that is only a name', { task: 'embed' }, /- task: /],
    ['a step that the task does not have', { task: { ...RERANK.task, pooling: 'mean' } }, /task: .*pooling/],
    [
      'code in a step',
      { task: { ...EMBED, tokenizer: { ...TOKENIZER, script: 'x.py' } } },
      /task\.tokenizer: .*script/,
    ],
    ['an unknown pooling', { task: { ...EMBED, pooling: 'median' } }, /task\.pooling: .*"cls"\|"mean"/],
    ['no room for a token', { task: { ...EMBED, tokenizer: { ...TOKENIZER, maxTokens: 0 } } }, /tokenizer\.maxTokens/],
    [
      'a tokenizer outside the package',
      { task: { ...EMBED, tokenizer: { ...TOKENIZER, file: '../tokenizer.json' } } },
      /task\.tokenizer\.file: must be a relative path inside/,
    ],
    [
      'a tokenizer that no digest covers',
      { task: { ...EMBED, tokenizer: { ...TOKENIZER, file: 'vocabulary.json' } } },
      /task\.tokenizer\.file: "vocabulary\.json" is not listed in `files`/,
    ],
    [
      'a default prompt without a text',
      { task: { ...EMBED, prompts: { query: 'q: ' }, defaultPrompt: 'toString' } },
      /task\.defaultPrompt: "toString" is not among `prompts` \(query\)/,
    ],
    ['no signature of the model', { signatures: undefined }, /signatures: a package with a task needs .* tensors/],
    [
      'an input that no tokenizer fills',
      tensors({ inputs: [...TENSORS.inputs, ids('pixels')] }),
      /signatures\.tensors: has the input pixels; input_ids, attention_mask/,
    ],
    ['no token ids', tensors({ inputs: [ids('attention_mask')] }), /signatures\.tensors: has no input input_ids/],
    [
      'token ids of a fixed length',
      tensors({ inputs: [{ ...ids('input_ids'), shape: [1, 128] }] }),
      /has input_ids INT64 \[1, 128\]; INT64 or INT32 with the shape \[-1, -1\] is allowed/,
    ],
    [
      'an output that the model does not have',
      { task: { ...EMBED, output: 'logits' } },
      /task\.output: "logits" is not an output of the model \(last_hidden_state\)/,
    ],
    [
      'pooling of an output without tokens',
      tensors({ outputs: [{ name: 'last_hidden_state', datatype: 'FP32', shape: [-1, 384] }] }),
      /task\.output: the model has last_hidden_state FP32 \[-1, 384\]; FP32 or FP16 .*\[-1, -1, -1\] is allowed/,
    ],
    [
      'classes without labels',
      { ...CLASSIFICATION, signatures: logits([-1, 2], ['bad']) },
      /task\.output: logits needs a label for each class, got 1/,
    ],
    [
      'inputs of another task',
      { ...RERANK, inputs: FIELDS.inputs },
      /inputs: the task rerank has query BYTES \[-1\] and text BYTES \[-1\], got text BYTES \[-1\]/,
    ],
    [
      'outputs of another size',
      { outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, 512] }] },
      /outputs: the task embed has embedding FP32 \[-1, 384\], got embedding FP32 \[-1, 512\]/,
    ],
    [
      'labels in another order',
      { ...CLASSIFICATION, outputs: [{ ...CLASSIFICATION.outputs[0], labels: ['good', 'bad'] }] },
      /outputs: .* labelled bad, good, got .* labelled good, bad/,
    ],
  ])('is rejected: %s', (_, changes, message) => {
    expect(() => parse(changes)).toThrow(message);
  });

  test('reports every fault at once', () => {
    const wrong = () => parse({ ...RERANK, inputs: FIELDS.inputs, files: FIELDS.files.slice(0, 1) });
    expect(wrong).toThrow(/task\.tokenizer\.file: [\s\S]*inputs: the task rerank/);
  });

  test('recommend has its own inputs and outputs, and needs arrays', () => {
    expect(parse(RECOMMEND).task).toEqual({ type: 'recommend' });
    expect(() => parse({ ...RECOMMEND, inputs: [texts('text')] })).toThrow(
      'inputs: the task recommend has query BYTES [-1], got text BYTES [-1]',
    );
    expect(() => parse({ ...RECOMMEND, task: undefined })).toThrow('recommend and the format npz need each other');
    expect(() => parse({ ...RECOMMEND, format: 'onnx' })).toThrow('recommend and the format npz need each other');
  });
});

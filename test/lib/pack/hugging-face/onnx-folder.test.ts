import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest, verifyFiles } from '@modelship/runtime/manifest';
import { differenceBetween, loadModel } from '@modelship/runtime/serve';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { referenceRows } from '../../../../lib/cli/reference-rows.js';
import { HuggingFaceFolder } from '../../../../lib/pack/hugging-face/folder.js';
import { TOKENIZER_COMPONENTS } from '../../../../lib/pack/hugging-face/tokenizer-file.js';
import { chooseWeights } from '../../../../lib/pack/hugging-face/weights.js';
import { type PackOptions, packModel } from '../../../../lib/pack/index.js';
import { modelship, ROOT } from '../../cli/support.js';
import { answersOf, edit, largestDifference, PYTHON, type SavedModels, saveModels, textInputs } from './support.js';

let saved: SavedModels;
let packages = 0;

beforeAll(() => {
  saved = saveModels();
}, 300_000);
afterAll(() => saved.remove());

const out = () => join(saved.root, 'packages', String(packages++));

function pack(source: string, options: Partial<PackOptions> = {}) {
  return packModel({ source, name: 'words', out: out(), ...options });
}

async function packed(name: string, options: Partial<PackOptions> = {}) {
  const directory = out();
  const manifest = await pack(join(saved.root, name), { out: directory, ...options });
  return { directory, manifest };
}

describe('a folder of sentence-transformers with ONNX weights', () => {
  test.each(['cls', 'mean', 'max'])('%s gives the vectors of sentence-transformers within 1e-5', async (name) => {
    const { directory, manifest } = await packed(name);
    await verifyFiles(directory, readManifest(directory));
    expect(manifest.files.map(({ path }) => path)).toEqual([
      'model.onnx',
      'origin.json',
      'samples.json',
      'tokenizer.json',
    ]);
    const { alone, together } = await answersOf(
      directory,
      saved.texts.map((text) => ({ text })),
    );
    expect(largestDifference(alone, saved.answers[name]!)).toBeLessThan(1e-5);
    expect(largestDifference(together, saved.answers[name]!)).toBeLessThan(1e-5);
  });

  test('with reference texts, the package has the mean of their vectors', async () => {
    const rows = join(saved.root, 'texts.csv');
    writeFileSync(rows, `text\n${saved.texts.map((text) => `"${text.replaceAll('"', '""')}"`).join('\n')}\n`);
    const reference: PackOptions['reference'] = (signature) => referenceRows(rows, undefined, signature);
    const { directory, manifest } = await packed('cls', { reference });
    await verifyFiles(directory, readManifest(directory));
    const { embedding } = JSON.parse(readFileSync(join(directory, 'reference.json'), 'utf8'));
    const vectors = saved.answers.cls as number[][];
    expect(manifest.reference).toEqual({ rows: vectors.length });
    for (const [place, mean] of embedding.mean.entries()) {
      expect(mean).toBeCloseTo(
        vectors.reduce((sum, vector) => sum + vector[place]! / vectors.length, 0),
        4,
      );
    }
  });

  test('the manifest has pooling, prompts, limits and padding', async () => {
    expect((await packed('cls')).manifest).toMatchObject({
      inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }],
      outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, 32] }],
      task: {
        type: 'embed',
        tokenizer: { maxTokens: 32, truncationSide: 'right', padding: { id: 0, typeId: 0, side: 'right' } },
        output: 'last_hidden_state',
        pooling: 'cls',
        normalize: true,
        prompts: { query: 'about film: ', document: '' },
        defaultPrompt: 'query',
      },
      samples: { count: 4 },
    });
    const notes: string[] = [];
    // Positions of XLM-R start after the ID of padding, which is 1: of 40, 38 are for tokens.
    const xlmr = saved.copy('mean');
    edit(join(xlmr, 'tokenizer_config.json'), (json) => delete json.model_max_length);
    expect((await pack(xlmr, { onNote: (note) => notes.push(note) })).task).toMatchObject({
      tokenizer: { maxTokens: 38, padding: { id: 1 } },
      pooling: 'mean',
      normalize: false,
    });
    expect(notes).toEqual(['similarity_fn_name is dot: callers that compare vectors must use it themselves']);
    expect((await packed('max')).manifest.task).toMatchObject({ tokenizer: { maxTokens: 24 } });
  });

  test('the same folder gives the same digest, and the CLI prints the task and what is not kept', async () => {
    const directory = out();
    const { digest } = await pack(join(saved.root, 'mean'), { out: directory });
    expect((await pack(join(saved.root, 'mean'))).digest).toBe(digest);
    const printed = await modelship('pack', join(saved.root, 'mean'), '--name', 'words', '--out', directory);
    expect(printed).toMatchObject({ code: 0, stdout: expect.stringMatching(/task +embed/) });
    expect(printed.stdout).toMatch(/note +similarity_fn_name is dot/);
    const origin = JSON.parse(readFileSync(join(directory, 'origin.json'), 'utf8'));
    expect(origin).toMatchObject({ format: 'hugging_face', weights: 'model.onnx', notes: [/similarity_fn_name/] });
  });

  test('samples of the user replace those of the command, and are compared', async () => {
    const samples = join(saved.root, 'samples.json');
    const answer = saved.answers.max![0] as number[];
    writeFileSync(samples, JSON.stringify({ instances: [saved.texts[0]], predictions: [answer] }));
    expect((await packed('max', { samples })).manifest.samples.count).toBe(1);
    const wrong = answer.map((value, index) => (index === 3 ? value + 0.01 : value));
    writeFileSync(samples, JSON.stringify({ instances: [saved.texts[0]], predictions: [wrong] }));
    await expect(packed('max', { samples })).rejects.toMatchObject({
      code: 'SAMPLES_DIFFER',
      message: expect.stringContaining('embedding[3]'),
    });
  });
});

describe('folders of other tasks', () => {
  test.each([
    ['sentiment', 'softmax', ['bad', 'good', 'very good']],
    ['topics', 'sigmoid', ['LABEL_0', 'LABEL_1', 'LABEL_2', 'LABEL_3']],
    ['electra', 'softmax', ['LABEL_0', 'LABEL_1', 'LABEL_2']],
  ] as const)('%s classifies as the pipeline of transformers, by %s', async (name, activation, labels) => {
    const { directory, manifest } = await packed(name);
    expect(manifest).toMatchObject({
      task: { type: 'text_classification', activation, output: 'logits' },
      outputs: [{ name: 'scores', shape: [-1, labels.length], labels }],
    });
    const { alone, together } = await answersOf(
      directory,
      saved.texts.map((text) => ({ text })),
    );
    expect(largestDifference(alone, saved.answers[name]!)).toBeLessThan(1e-5);
    expect(largestDifference(together, saved.answers[name]!)).toBeLessThan(1e-5);
  });

  test.each([
    ['reranker', 'sigmoid'],
    ['reranker-logits', 'none'],
    ['reranker-electra', 'sigmoid'],
  ] as const)('%s scores pairs as CrossEncoder, by %s', async (name, activation) => {
    const { directory, manifest } = await packed(name);
    expect(manifest.task).toMatchObject({ type: 'rerank', activation, output: 'logits' });
    const rows = saved.texts.map((text) => ({ query: saved.texts[0]!, text }));
    const { alone, together } = await answersOf(directory, rows);
    expect(largestDifference(alone, saved.answers[name]!)).toBeLessThan(1e-5);
    expect(largestDifference(together, saved.answers[name]!)).toBeLessThan(1e-5);
  });

  test('a model for questions answers as the pipeline of Transformers 4', async () => {
    const fixture = join(ROOT, 'test', 'runtime', 'tasks', 'text', 'question-answering');
    const { cases, maxTokens } = JSON.parse(readFileSync(join(fixture, 'expected.json'), 'utf8'));
    const folder = join(saved.root, 'questions');
    mkdirSync(folder);
    for (const file of ['model.onnx', 'tokenizer.json']) cpSync(join(fixture, file), join(folder, file));
    const config = { architectures: ['BertForQuestionAnswering'], model_type: 'bert', max_position_embeddings: 64 };
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ model_max_length: maxTokens }));
    const { directory, manifest } = await packed('questions');
    expect(manifest.task).toMatchObject({ type: 'question_answering', endOutput: 'end_logits', stride: maxTokens / 2 });
    expect(manifest.samples.count).toBe(4);
    const model = await loadModel(directory, manifest, {});
    for (const { question, context, maxAnswerTokens, answer, score, start, end } of cases) {
      if (maxAnswerTokens !== 15) continue;
      const outputs = await model.run(textInputs([{ question, context }]));
      const [text, share, from, to] = outputs.map(({ data }) => data[0]);
      expect([String(text), Number(from), Number(to)]).toEqual([answer, start, end]);
      expect(share).toBeCloseTo(score, 5);
    }
    await model.close();
  });

  test('models for entities, zero-shot classification, masks and sparse vectors answer as their pipelines', async () => {
    const texts = saved.texts.slice(0, 3);
    const entities = await packed('entities');
    expect(entities.manifest.task).toMatchObject({ type: 'token_classification', aggregation: 'simple' });
    const model = await loadModel(entities.directory, entities.manifest, {});
    const [found] = await model.run(textInputs(texts.map((text) => ({ text }))));
    await model.close();
    const wanted = saved.answers.entities!.map((each) => Buffer.from(JSON.stringify(each)));
    const tolerance = { absolute: 1e-5, relative: 0 };
    expect(differenceBetween(found!, { ...found!, data: wanted }, tolerance)).toBeUndefined();

    const zeroShot = await packed('zero-shot');
    expect(zeroShot.manifest.task).toMatchObject({ type: 'zero_shot_classification', entailment: 2 });
    const labels = ['film', 'weather', 'music'];
    const rows = texts.map((text) => ({ text, labels }));
    const { together: scores } = await answersOf(zeroShot.directory, rows);
    expect(largestDifference(scores, saved.answers['zero-shot']!)).toBeLessThan(1e-5);

    const mask = await packed('mask');
    expect(mask.manifest.task).toMatchObject({ type: 'fill_mask', mask: 4, topK: 5 });
    const { alone } = await answersOf(mask.directory, [{ text: 'the [MASK] was good' }]);
    expect(largestDifference(alone, saved.answers.mask!)).toBeLessThan(1e-5);

    const splade = await packed('splade');
    expect(splade.manifest.task).toMatchObject({ type: 'embed', pooling: 'splade', normalize: false });
    const { together: vectors } = await answersOf(
      splade.directory,
      saved.texts.map((text) => ({ text })),
    );
    expect(largestDifference(vectors, saved.answers.splade!)).toBeLessThan(1e-5);
  });

  test('`task` chooses another task', async () => {
    const { manifest } = await packed('zero-shot', { task: 'text_classification' });
    expect(manifest.task).toMatchObject({ type: 'text_classification', activation: 'softmax' });
    await expect(packed('topics', { task: 'zero_shot_classification' })).rejects.toThrow(/starts with "entail"/);
    await expect(packed('topics', { task: 'rerank' })).rejects.toThrow(/has one label, got 4/);
  });
});

describe('weights', () => {
  test('quantized MiniLM, chosen by name, gives the vectors of ONNX Runtime in Python within 1e-3', async () => {
    const folder = join(saved.root, 'minilm');
    execFileSync(PYTHON, [join(ROOT, 'examples', 'minilm', 'folder.py'), folder]);
    const script = join(__dirname, 'minilm.py');
    const expected = JSON.parse(
      execFileSync(PYTHON, [script, folder, JSON.stringify(saved.texts)], { encoding: 'utf8' }),
    );
    const directory = out();
    const { task } = await pack(folder, { out: directory, weights: 'model_quantized' });
    expect(task).toMatchObject({ tokenizer: { maxTokens: 256 }, pooling: 'mean', normalize: true });
    const { alone } = await answersOf(
      directory,
      saved.texts.map((text) => ({ text })),
    );
    expect(largestDifference(alone, expected)).toBeLessThan(1e-3);
  });

  test('the path of a file chooses it, also where another folder has a file of the same name', () => {
    const folder = new HuggingFaceFolder(saved.copy('cls'));
    cpSync(join(folder.root, 'onnx', 'model.onnx'), join(folder.root, 'model.onnx'));
    expect(chooseWeights(folder, 'model.onnx').name).toBe('model.onnx');
    expect(chooseWeights(folder, 'onnx/model.onnx').name).toBe('onnx/model.onnx');
  });

  test('several files without a default name need a choice', async () => {
    const folder = saved.copy('cls');
    cpSync(join(folder, 'onnx', 'model.onnx'), join(folder, 'onnx', 'model_fp16.onnx'));
    expect((await pack(folder)).task).toBeDefined();
    renameSync(join(folder, 'onnx', 'model.onnx'), join(folder, 'onnx', 'model_int8.onnx'));
    await expect(pack(folder)).rejects.toMatchObject({
      code: 'FILE_MISSING',
      message: expect.stringMatching(/several ONNX models: .*onnx\/model_fp16\.onnx, onnx\/model_int8\.onnx/),
    });
    await expect(pack(folder, { weights: 'model_int4.onnx' })).rejects.toThrow(/no weights named "model_int4.onnx"/);
    expect((await pack(folder, { weights: 'onnx/model_int8.onnx' })).task).toBeDefined();
  });
});

describe('a folder that cannot be packed', () => {
  const refused = async (folder: string, message: RegExp, code = 'ARTIFACT_INVALID') => {
    const directory = out();
    await expect(pack(folder, { out: directory })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    expect(existsSync(directory)).toBe(false);
  };

  test('unknown components of a tokenizer are named, with all other faults', async () => {
    const folder = saved.copy('mean');
    edit(join(folder, 'tokenizer.json'), (json) => {
      json.normalizer.normalizers.push({ type: 'Transliterate' });
      json.pre_tokenizer = { type: 'Sequence', pretokenizers: [{ type: 'Jieba' }] };
    });
    edit(join(folder, 'modules.json'), (json) => json.pop());
    await refused(
      folder,
      /normalizer\.normalizers\[2\] has the type "Transliterate"[\s\S]*pre_tokenizer\.pretokenizers\[0\] has the type "Jieba"/,
    );
    await refused(folder, /modules\.json has no Pooling/);
  });

  test('the known components are those of the package `tokenizers` of Python', () => {
    const script = `
import json, tokenizers as t
from tokenizers import models, normalizers, pre_tokenizers, processors, decoders
print(json.dumps({name: sorted(x for x in dir(module) if x[0].isupper()) for name, module in [("model", models),
  ("normalizer", normalizers), ("pre_tokenizer", pre_tokenizers), ("post_processor", processors), ("decoder", decoders)]}))`;
    const python = JSON.parse(execFileSync(PYTHON, ['-c', script], { encoding: 'utf8' })) as Record<string, string[]>;
    // Base classes and lists of the modules, which no file contains.
    const abstract = ['Model', 'Normalizer', 'NormalizedString', 'PreTokenizer', 'PreTokenizedString', 'Decoder'];
    const base = [
      ...abstract,
      'PostProcessor',
      'ABC',
      'Regex',
      'Any',
      'Union',
      'Optional',
      'DecodeStream',
      'NORMALIZERS',
      'PRE_TOKENIZERS',
      'DECODERS',
    ];
    for (const [place, names] of Object.entries(python)) {
      const classes = names.filter((name) => !base.includes(name));
      expect(
        classes.filter((name) => !TOKENIZER_COMPONENTS[place]!.includes(name)),
        place,
      ).toEqual([]);
    }
  });

  test('vocabularies that do not match the embeddings of the model', async () => {
    const folder = saved.copy('cls');
    edit(join(folder, 'tokenizer.json'), (json) => {
      json.added_tokens.push({ ...json.added_tokens[0], id: 999, content: '[NEW]' });
    });
    await refused(folder, /has 1000 token IDs, and the model has embeddings for \d+ \(`vocab_size`/);
    // The configuration was changed too, but not the weights.
    edit(join(folder, 'config.json'), (json) => {
      json.vocab_size = 1000;
    });
    await refused(folder, /token ID 999, and the embeddings of the model have no such row/);
  });

  test('missing files', async () => {
    const folder = saved.copy('cls');
    rmSync(join(folder, 'tokenizer.json'));
    await refused(folder, /tokenizer\.json is missing\. Save it with `AutoTokenizer/);
    rmSync(join(folder, 'config.json'));
    await refused(folder, /config\.json is missing/, 'FILE_MISSING');
    const empty = saved.copy('max');
    rmSync(join(empty, 'onnx'), { recursive: true });
    rmSync(join(empty, 'model.safetensors'));
    writeFileSync(join(empty, 'pytorch_model.bin'), 'x');
    await refused(empty, /pytorch_model\.bin can run code/, 'FILE_MISSING');
    const unpooled = saved.copy('max');
    rmSync(join(unpooled, '1_Pooling'), { recursive: true });
    await refused(unpooled, /1_Pooling\/config\.json is missing/);
  });

  test('settings that change the numbers and are not served', async () => {
    const lower = saved.copy('cls');
    edit(join(lower, 'tokenizer_config.json'), (json) => {
      json.do_lower_case = false;
    });
    await refused(lower, /normalizer\.lowercase is true, and do_lower_case in tokenizer_config\.json is false/);
    const prompted = saved.copy('cls');
    edit(join(prompted, '1_Pooling', 'config.json'), (json) => {
      json.include_prompt = false;
    });
    await refused(prompted, /include_prompt is false/);
    const weighted = saved.copy('cls');
    edit(join(weighted, '1_Pooling', 'config.json'), (json) => {
      json.pooling_mode = ['mean', 'weightedmean'];
    });
    await refused(
      weighted,
      /steps that the server does not run: pooling by mean and weightedmean\. Pack model\.safetensors/,
    );
    const custom = saved.copy('cls');
    edit(join(custom, 'config.json'), (json) => {
      json.auto_map = { AutoModel: 'modeling.Custom' };
    });
    await refused(custom, /auto_map names Python code of the model, which is never run/);
    const generator = saved.copy('cls');
    rmSync(join(generator, 'modules.json'));
    edit(join(generator, 'config.json'), (json) => {
      json.architectures = ['LlamaForCausalLM'];
    });
    await refused(generator, /LlamaForCausalLM; models that generate text are served by `ModelServer\.vllm\(\)`/);
  });

  test('options that have no use', async () => {
    await expect(pack(join(saved.root, 'cls'), { labels: ['a'] })).rejects.toThrow(/`--labels` is not used/);
    const folder = join(saved.root, 'saved-model');
    mkdirSync(folder);
    writeFileSync(join(folder, 'saved_model.pb'), '');
    await expect(pack(folder, { weights: 'model' })).rejects.toThrow(/`--weights` is for folders of Hugging Face/);
  });
});

import type { HttpResponse } from '../../http/http.js';
import { TENSORS_SIGNATURE } from '../../manifest/index.js';
import { tokenTensors } from '../../tasks/text/token-tensors.js';
import { InferenceError } from '../../tensor/errors.js';
import { JsonWriter, STRICT_JSON, writeNested } from '../../tensor/json/index.js';
import type { Cancellation } from '../../tensor/request.js';
import type { Tensor } from '../../tensor/tensor.js';
import { checkCount, embed } from '../text/calls.js';
import type { Fields } from '../text/fields.js';
import type { TaskModel } from '../text/task-model.js';
import { textResponseOf, usageOf } from '../text/usage.js';
import { textsOf } from './inputs.js';
import { embedOptions } from './options.js';

type EmbedModel = TaskModel<'embed'>;

/** Turns texts into vectors. @throws InferenceError */
export async function embedTexts(model: EmbedModel, fields: Fields, signal?: Cancellation): Promise<HttpResponse> {
  const options = {
    ...embedOptions(fields),
    normalize: fields.boolean('normalize') ?? true,
    dimensions: fields.count('dimensions'),
  };
  const { vectors, usage } = await embed(model, await textsOf(model, fields), { ...options, signal });
  return textResponseOf(nested(vectors), usage);
}

/** Returns the vectors of each text's tokens, without pooling. @throws InferenceError */
export async function embedAll(model: EmbedModel, fields: Fields, signal?: Cancellation): Promise<HttpResponse> {
  const { output: name, pooling, tokenizer } = model.manifest.task;
  if (pooling === undefined) {
    throw new InferenceError('FAILED_PRECONDITION', `model ${model.name} returns no vectors of tokens`);
  }
  const texts = await textsOf(model, fields);
  const encoded = await model.tokens!.encode(texts, embedOptions(fields));
  const { inputs } = model.signatures[TENSORS_SIGNATURE]!;
  const writer = new JsonWriter();
  // Each text runs alone, because a run of thousands that are padded to the longest takes more memory than there is.
  await model.hold(async (hold) => {
    for (const [row, text] of encoded.entries()) {
      if (hold.aborted) return;
      const { tensors } = tokenTensors([text], inputs, tokenizer.padding);
      const { outputs } = await model.infer({ inputs: tensors, signatureName: TENSORS_SIGNATURE, signal });
      const vectors = outputs.find((output) => output.name === name)!;
      writer.raw(row > 0 ? ',' : '[');
      writeNested(writer, vectors, vectors.shape.slice(1), 0, STRICT_JSON);
    }
  });
  writer.raw(']');
  return textResponseOf(writer.finish(), usageOf(encoded, signal));
}

/** Returns the elements of each text's vector that are not zero, for SPLADE models. @throws InferenceError */
export async function embedSparse(model: EmbedModel, fields: Fields, signal?: Cancellation): Promise<HttpResponse> {
  if (model.manifest.task.pooling !== 'splade') {
    throw new InferenceError('FAILED_PRECONDITION', `model ${model.name} has no SPLADE pooling`);
  }
  const { vectors, width, usage } = await embed(model, await textsOf(model, fields), {
    ...embedOptions(fields),
    signal,
  });
  const data = vectors.data as Float32Array;
  const writer = new JsonWriter();
  for (let row = 0; row < data.length / width; row++) {
    writer.raw(row > 0 ? ',[' : '[[');
    let isFirst = true;
    for (let index = 0; index < width; index++) {
      const value = data[row * width + index]!;
      if (value === 0) continue;
      writer.raw(isFirst ? '{"index":' : ',{"index":');
      writer.integer(index);
      writer.raw(',"value":');
      writer.decimal(value, true);
      writer.raw('}');
      isFirst = false;
    }
    writer.raw(']');
  }
  writer.raw(']');
  return textResponseOf(writer.finish(), usage);
}

/** Compares a sentence with others by the cosine of their vectors. @throws InferenceError */
export async function similarities(model: EmbedModel, fields: Fields, signal?: Cancellation): Promise<HttpResponse> {
  const inputs = fields.required('inputs', fields.object('inputs'));
  const source = inputs.required('source_sentence', inputs.string('source_sentence'));
  const sentences = inputs.required('sentences', inputs.strings('sentences'));
  checkCount(sentences, 'inputs.sentences');
  const parameters = fields.object('parameters');
  const options = { ...(parameters && embedOptions(parameters)), normalize: true, signal };
  const { vectors, width, usage } = await embed(model, [source, ...sentences], options);
  const data = vectors.data as Float32Array;
  const own = data.subarray(0, width);
  const scores = Float32Array.from(sentences, (_, index) => {
    const start = (index + 1) * width;
    return own.reduce((sum, value, column) => sum + value * data[start + column]!, 0);
  });
  return textResponseOf(nested({ ...vectors, shape: [scores.length], data: scores }), usage);
}

function nested(tensor: Tensor): Buffer | string {
  const writer = new JsonWriter();
  writeNested(writer, tensor, tensor.shape, 0, STRICT_JSON);
  return writer.finish();
}

import { inferPath, predictPath } from '../contract.js';
import { loadedModels, type ModelCatalog } from '../models/model-catalog.js';
import type { ServedModel } from '../models/served-model.js';
import { takesPictures } from '../protocols/pictures.js';
import type { Datatype } from '../tensor/datatype.js';
import type { TensorSpec } from '../tensor/tensor.js';
import { RUNTIME_VERSION } from '../version.js';
import { type ExampleRow, exampleAnswer, exampleBody, exampleInputs, exampleOutputs } from './openapi-examples.js';
import { post, record } from './openapi-operation.js';
import { textPaths } from './openapi-text.js';

/** Builds an OpenAPI 3.1 description of every available model from its signature. */
export function openApi(models: ModelCatalog): object {
  const available = loadedModels(models);
  return {
    openapi: '3.1.0',
    info: { title: 'Modelship', version: RUNTIME_VERSION },
    paths: Object.fromEntries([...available.flatMap(pathsOf), ...picturePaths(available), ...textPaths(available)]),
  };
}

function pathsOf(model: ServedModel): [string, object][] {
  const { inputs, outputs } = model.signatures.serving_default!;
  const text = `Model ${model.name}, version ${model.version}`;
  const takesFiles = takesPictures(model);
  const [input, output] = [exampleInputs(model), exampleOutputs(model)];
  return [
    [
      predictPath(model.name),
      post(`${model.name}-predict`, `${text}, by TensorFlow Serving's REST API`, {
        request: rows('instances', inputs),
        response: rows('predictions', outputs),
        takesFiles,
        example: input && { instances: [onlyOrAll(input)] },
        answer: output && { predictions: [onlyOrAll(output)] },
      }),
    ],
    [
      inferPath(model.name),
      post(`${model.name}-infer`, `${text}, by the Open Inference Protocol v2`, {
        request: record({ inputs: tensors(inputs) }),
        response: record({
          model_name: { type: 'string' },
          model_version: { type: 'string' },
          outputs: tensors(outputs),
        }),
        takesFiles,
        example: input && { inputs: exampleTensors(inputs, input) },
        answer: output && {
          model_name: model.name,
          model_version: model.version,
          outputs: exampleTensors(outputs, output),
        },
      }),
    ],
  ];
}

/** Describes the form of Hugging Face for models that take pictures. Those that take texts have the route `/`. */
function picturePaths(available: readonly ServedModel[]): [string, object][] {
  const models = available.filter(takesPictures);
  return models.map((model) => [
    models.length === 1 ? '/' : `/models/${model.name}`,
    post(`${model.name}-picture`, "The task of the model, by Hugging Face's inference API", {
      request: record({ inputs: { type: 'string' } }, { parameters: { type: 'object' } }),
      response: {},
      takesFiles: true,
      example: exampleBody(model),
      answer: exampleAnswer(model),
    }),
  ]);
}

/** The value of the only tensor, or an object with all tensors. */
function onlyOrAll(row: ExampleRow): unknown {
  const values = Object.values(row);
  return values.length === 1 ? values[0] : row;
}

/** Returns a row as tensors of the Open Inference Protocol. */
function exampleTensors(specs: readonly TensorSpec[], row: ExampleRow): object[] {
  return specs.map(({ name, datatype }) => {
    const value = row[name];
    const data = [value].flat();
    return { name, datatype, shape: Array.isArray(value) ? [1, data.length] : [1], data };
  });
}

/** Schema of a list with one entry per row: the value of the only tensor, or an object with all tensors. */
function rows(key: string, specs: readonly TensorSpec[]): object {
  const row = (spec: TensorSpec) => (spec.unknownRank ? {} : nested(spec.datatype, spec.shape.slice(1)));
  const items =
    specs.length === 1 ? row(specs[0]!) : record(Object.fromEntries(specs.map((spec) => [spec.name, row(spec)])));
  return record({ [key]: { type: 'array', items } });
}

const ANY_SIZE = { type: 'integer', minimum: 0 };

function tensors(specs: readonly TensorSpec[]): object {
  const prefixItems = specs.map(({ name, datatype, shape, unknownRank }) =>
    record({
      name: { const: name },
      datatype: { const: datatype },
      shape: {
        type: 'array',
        ...(unknownRank
          ? { items: ANY_SIZE }
          : { prefixItems: shape.map((size) => (size === -1 ? ANY_SIZE : { const: size })) }),
      },
      data: { type: 'array', description: 'Row by row, flat or nested' },
    }),
  );
  return { type: 'array', prefixItems };
}

/** Schema of the elements, nested in one array per dimension. */
function nested(datatype: Datatype, shape: readonly number[]): object {
  return shape.reduceRight<object>(
    (items, size) => ({ type: 'array', items, ...(size >= 0 && { minItems: size, maxItems: size }) }),
    element(datatype),
  );
}

function element(datatype: Datatype): object {
  if (datatype === 'BYTES') return { type: 'string' };
  if (datatype === 'BOOL') return { type: 'boolean' };
  return { type: datatype.startsWith('FP') || datatype === 'BF16' ? 'number' : 'integer' };
}

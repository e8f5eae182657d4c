import type { ModelCatalog } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import type { ApiCall } from '../../observability/model-totals.js';
import { checkFor } from '../../tensor/check-inputs.js';
import { InferenceError, invalid } from '../../tensor/errors.js';
import type { Cancellation } from '../../tensor/request.js';
import { DEFAULT_SIGNATURE, type Signature, type Tensor } from '../../tensor/tensor.js';
import type { GrpcService } from '../grpc-service.js';
import { counted } from '../handled.js';
import type { Example, Feature } from './examples.js';
import { inputsFromExamples } from './features.js';
import { decodeSpec, type ModelSpecProto, PROTO_FILE } from './model-spec.js';
import { findModel } from './paths.js';
import { signatureNamed } from './predict-request.js';
import { CLASSIFY_METHOD, classifications, REGRESS_METHOD, regressions } from './results.js';
import { signatureDefinitions } from './status.js';
import { decodeTensorProto, encodeTensorProto, type TensorProto } from './tensor-proto.js';

/** The only supported metadata field, and the type of its message. */
const METADATA_FIELD = 'signature_def';
const METADATA_TYPE = 'type.googleapis.com/tensorflow.serving.SignatureDefMap';

interface PredictRequest {
  readonly model_spec: ModelSpecProto | null;
  readonly inputs: Readonly<Record<string, TensorProto>>;
  readonly output_filter: readonly string[];
}

interface FeatureProto {
  readonly kind?: 'bytes_list' | 'float_list' | 'int64_list';
  readonly bytes_list?: { readonly value: readonly Buffer[] };
  readonly float_list?: { readonly value: readonly number[] };
  readonly int64_list?: { readonly value: readonly string[] };
}

interface ExampleProto {
  readonly features: { readonly feature: Readonly<Record<string, FeatureProto>> } | null;
}

interface Input {
  readonly example_list?: { readonly examples: readonly ExampleProto[] } | null;
  readonly example_list_with_context?: {
    readonly examples: readonly ExampleProto[];
    readonly context: ExampleProto | null;
  } | null;
}

interface ExamplesRequest {
  readonly model_spec: ModelSpecProto | null;
  readonly input: Input | null;
}

interface MultiInferenceRequest {
  readonly tasks: readonly { readonly model_spec: ModelSpecProto | null; readonly method_name: string }[];
  readonly input: Input | null;
}

/** TensorFlow Serving's `PredictionService`. */
export const predictionService: GrpcService = {
  protoFile: PROTO_FILE,
  name: 'tensorflow.serving.PredictionService',
  methods: (models) => ({
    Predict: (request: PredictRequest, signal) => predict(models, request, signal),
    Classify: async ({ model_spec, input }: ExamplesRequest, signal) => {
      const since = performance.now();
      return answered(
        target(models, model_spec),
        'Classify GRPC',
        since,
        await classify(models, model_spec, input, signal),
      );
    },
    Regress: async ({ model_spec, input }: ExamplesRequest, signal) => {
      const since = performance.now();
      return answered(
        target(models, model_spec),
        'Regress GRPC',
        since,
        await regress(models, model_spec, input, signal),
      );
    },
    MultiInference: async ({ tasks, input }: MultiInferenceRequest, signal) => {
      checkTasks(tasks);
      const results = tasks.map(async ({ model_spec, method_name: method }) => {
        if (method === CLASSIFY_METHOD) {
          const { result, model_spec: spec } = await classify(models, model_spec, input, signal);
          return { model_spec: spec, classification_result: result };
        }
        const { result, model_spec: spec } = await regress(models, model_spec, input, signal);
        return { model_spec: spec, regression_result: result };
      });
      return { results: await Promise.all(results) };
    },
    GetModelMetadata: (request: { model_spec: ModelSpecProto | null; metadata_field: readonly string[] }) => {
      const fields = request.metadata_field;
      if (fields.length === 0) throw invalid('GetModelMetadataRequest must specify at least one metadata_field');
      const unknown = fields.find((field) => field !== METADATA_FIELD);
      if (unknown !== undefined) throw invalid(`Metadata field ${unknown} is not supported`);
      const model = findModel(models, decodeSpec(request.model_spec));
      return {
        model_spec: encodeSpec(model, ''),
        metadata: { [METADATA_FIELD]: { '@type': METADATA_TYPE, signature_def: signatureDefinitions(model) } },
      };
    },
  }),
};

/** Checks the tasks of a request, with TensorFlow Serving's texts. @throws InferenceError */
function checkTasks(tasks: MultiInferenceRequest['tasks']): void {
  if (tasks.length === 0) throw invalid('Inference request must have at least one task');
  const signatures = new Set<string>();
  for (const { model_spec: spec, method_name: method } of tasks) {
    if (!spec?.name) throw invalid('Found ModelSpec with an empty model name.');
    if (spec.name !== tasks[0]!.model_spec!.name) {
      throw invalid('All ModelSpecs in a MultiInferenceRequest must access the same model name.');
    }
    const signature = spec.signature_name || DEFAULT_SIGNATURE;
    if (signatures.has(signature)) throw invalid(`Duplicate evaluation of signature: ${signature}`);
    signatures.add(signature);
    if (method !== CLASSIFY_METHOD && method !== REGRESS_METHOD) {
      throw new InferenceError('UNIMPLEMENTED', `Unsupported signature method_name: ${method}`);
    }
  }
}

async function predict(models: ModelCatalog, request: PredictRequest, signal: Cancellation): Promise<object> {
  const since = performance.now();
  const called = target(models, request.model_spec);
  const { model, signatureName } = called;
  const { inputs, outputs: wanted } = decodePredict(called, request);
  const { outputs } = await model.infer({ inputs, outputs: wanted, signatureName, signal });
  return answered(called, 'Predict GRPC', since, {
    model_spec: encodeSpec(model, signatureName),
    outputs: Object.fromEntries(outputs.map((output) => [output.name, encodeTensorProto(output)])),
  });
}

/** Records the latency of a complete response. */
function answered<T>({ model }: Target, call: ApiCall, since: number, answer: T): T {
  model.metrics?.latencyOf(call).observe((performance.now() - since) * 1000);
  return answer;
}

function decodePredict({ model, signature }: Target, request: PredictRequest) {
  try {
    return { inputs: decodeInputs(model, signature, request), outputs: decodeFilter(signature, request) };
  } catch (error) {
    throw counted(model, error);
  }
}

function decodeInputs(model: ServedModel, signature: Signature, request: PredictRequest): Tensor[] {
  for (const name of Object.keys(request.inputs)) {
    if (!signature.inputs.some((input) => input.name === name)) {
      throw invalid(`input tensor alias not found in signature: ${name}`);
    }
  }
  const inputs = signature.inputs.flatMap(({ name }) =>
    Object.hasOwn(request.inputs, name) ? [decodeTensorProto(name, request.inputs[name]!)] : [],
  );
  checkFor(model.manifest.format, signature, inputs);
  return inputs;
}

function decodeFilter(
  { outputs }: Signature,
  { output_filter: filter }: PredictRequest,
): readonly string[] | undefined {
  const unknown = filter.find((name) => !outputs.some((output) => output.name === name));
  if (unknown !== undefined) throw invalid(`output tensor alias not found in signature: ${unknown}`);
  const twice = filter.find((name, index) => filter.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`duplicate output tensor alias: ${twice}`);
  return filter.length > 0 ? filter : undefined;
}

async function classify(models: ModelCatalog, spec: ModelSpecProto | null, input: Input | null, signal: Cancellation) {
  const called = target(models, spec);
  const { model, signature, signatureName } = called;
  const { inputs, count } = readExamples(called, input);
  const { outputs } = await model.infer({ inputs, signatureName, signal });
  const rows = classifications(signature, outputs, count);
  return {
    result: { classifications: rows.map((classes) => ({ classes })) },
    model_spec: encodeSpec(model, signatureName),
  };
}

async function regress(models: ModelCatalog, spec: ModelSpecProto | null, input: Input | null, signal: Cancellation) {
  const called = target(models, spec);
  const { model, signatureName } = called;
  const { inputs, count } = readExamples(called, input);
  const { outputs } = await model.infer({ inputs, signatureName, signal });
  return {
    result: { regressions: regressions(outputs, count).map((value) => ({ value })) },
    model_spec: encodeSpec(model, signatureName),
  };
}

function readExamples({ model, signature }: Target, input: Input | null) {
  try {
    const examples = decodeExamples(input);
    model.metrics?.examples.observe(examples.length);
    return { inputs: inputsFromExamples(signature, examples), count: examples.length };
  } catch (error) {
    throw counted(model, error);
  }
}

/** Model and signature that a call addresses. */
interface Target {
  readonly model: ServedModel;
  readonly signature: Signature;
  readonly signatureName: string;
}

function target(models: ModelCatalog, spec: ModelSpecProto | null): Target {
  const model = findModel(models, decodeSpec(spec));
  const signatureName = spec?.signature_name || DEFAULT_SIGNATURE;
  return { model, signatureName, signature: signatureNamed(model, signatureName) };
}

function encodeSpec(model: ServedModel, signatureName: string): object {
  return { name: model.name, version: { value: model.version }, signature_name: signatureName };
}

function decodeExamples(input: Input | null): Example[] {
  const list = input?.example_list ?? input?.example_list_with_context;
  const context = input?.example_list_with_context?.context;
  if (!list || list.examples.length === 0) throw invalid('Input is empty.');
  const shared = context ? [...decodeExample(context)] : [];
  return list.examples.map((example) => new Map([...shared, ...decodeExample(example)]));
}

function decodeExample(example: ExampleProto): Example {
  const features = Object.entries(example.features?.feature ?? {});
  return new Map(features.map(([name, feature]) => [name, decodeFeature(feature)]));
}

function decodeFeature(feature: FeatureProto): Feature {
  if (feature.kind === 'bytes_list') return { kind: 'bytes', values: [...feature.bytes_list!.value] };
  if (feature.kind === 'float_list') return { kind: 'float', values: [...feature.float_list!.value] };
  if (feature.kind === 'int64_list') return { kind: 'int64', values: feature.int64_list!.value.map(BigInt) };
  return { values: [] };
}

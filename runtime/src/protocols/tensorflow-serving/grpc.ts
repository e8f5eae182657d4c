import { checkInputs } from '../../inference/check-inputs.js';
import { invalid } from '../../inference/errors.js';
import type { GrpcService } from '../grpc-service.js';
import type { ModelCatalog, ServedModel } from '../protocol.js';
import type { Example, Feature } from './examples.js';
import { inputsFromExamples } from './features.js';
import { findModel, type ModelSpec } from './paths.js';
import { signatureNamed } from './predict-request.js';
import { classifications, regressions } from './results.js';
import { signatureDefinitions, versionStatuses } from './status.js';
import { decodeTensorProto, encodeTensorProto, type TensorProto } from './tensor-proto.js';

const PROTO_FILE = 'tensorflow_serving.proto';
const DEFAULT_SIGNATURE = 'serving_default';
const CLASSIFY = 'tensorflow/serving/classify';
const REGRESS = 'tensorflow/serving/regress';

/** The one part of the metadata there is, and the type of its message. */
const METADATA_FIELD = 'signature_def';
const METADATA_TYPE = 'type.googleapis.com/tensorflow.serving.SignatureDefMap';

interface ModelSpecProto {
  readonly name: string;
  readonly version: { readonly value: string } | null;
  readonly version_label?: string;
  readonly signature_name: string;
}

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
    Classify: ({ model_spec, input }: ExamplesRequest, signal) => classify(models, model_spec, input, signal),
    Regress: ({ model_spec, input }: ExamplesRequest, signal) => regress(models, model_spec, input, signal),
    MultiInference: async ({ tasks, input }: MultiInferenceRequest, signal) => {
      if (tasks.length === 0) throw invalid('Inference request must have at least one task');
      const results = tasks.map(async ({ model_spec, method_name: method }) => {
        if (method === CLASSIFY) {
          const { result, model_spec: spec } = await classify(models, model_spec, input, signal);
          return { model_spec: spec, classification_result: result };
        }
        if (method !== REGRESS) throw invalid(`Unrecognized signature method_name: ${method}`);
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

/** TensorFlow Serving's `ModelService`. Models are not configured by request. */
export const modelService: GrpcService = {
  protoFile: PROTO_FILE,
  name: 'tensorflow.serving.ModelService',
  methods: (models) => ({
    GetModelStatus: ({ model_spec }: { model_spec: ModelSpecProto | null }) => ({
      model_version_status: versionStatuses(models, decodeSpec(model_spec)).map(({ version, state, status }) => ({
        version,
        state,
        status: { ...status, error_code: status.error_code === 'OK' ? 'OK' : 'UNKNOWN_ERROR' },
      })),
    }),
  }),
};

async function predict(models: ModelCatalog, request: PredictRequest, signal: AbortSignal): Promise<object> {
  const { model, signature, signatureName } = target(models, request.model_spec);
  for (const name of Object.keys(request.inputs)) {
    if (!signature.inputs.some((input) => input.name === name)) {
      throw invalid(`input tensor alias not found in signature: ${name}`);
    }
  }
  const inputs = signature.inputs.flatMap(({ name }) =>
    Object.hasOwn(request.inputs, name) ? [decodeTensorProto(name, request.inputs[name]!)] : [],
  );
  // A SavedModel may take more shapes than its signature names; that an input is missing is wrong for all.
  if (model.manifest.format !== 'saved_model' || inputs.length < signature.inputs.length)
    checkInputs(signature, inputs);
  for (const name of request.output_filter) {
    if (!signature.outputs.some((output) => output.name === name)) {
      throw invalid(`output tensor alias not found in signature: ${name}`);
    }
  }
  const filter = request.output_filter.length > 0 ? request.output_filter : undefined;
  const { outputs } = await model.infer({ inputs, outputs: filter, signatureName, signal });
  return {
    model_spec: encodeSpec(model, signatureName),
    outputs: Object.fromEntries(outputs.map((output) => [output.name, encodeTensorProto(output)])),
  };
}

async function classify(models: ModelCatalog, spec: ModelSpecProto | null, input: Input | null, signal: AbortSignal) {
  const { model, signature, signatureName } = target(models, spec);
  const examples = decodeExamples(input);
  const inputs = inputsFromExamples(signature, examples);
  const { outputs } = await model.infer({ inputs, signatureName, signal });
  const rows = classifications(signature, outputs, examples.length);
  return {
    result: { classifications: rows.map((classes) => ({ classes })) },
    model_spec: encodeSpec(model, signatureName),
  };
}

async function regress(models: ModelCatalog, spec: ModelSpecProto | null, input: Input | null, signal: AbortSignal) {
  const { model, signature, signatureName } = target(models, spec);
  const examples = decodeExamples(input);
  const inputs = inputsFromExamples(signature, examples);
  const { outputs } = await model.infer({ inputs, signatureName, signal });
  return {
    result: { regressions: regressions(outputs, examples.length).map((value) => ({ value })) },
    model_spec: encodeSpec(model, signatureName),
  };
}

function target(models: ModelCatalog, spec: ModelSpecProto | null) {
  const model = findModel(models, decodeSpec(spec));
  const signatureName = spec?.signature_name || DEFAULT_SIGNATURE;
  return { model, signatureName, signature: signatureNamed(model, signatureName) };
}

function decodeSpec(spec: ModelSpecProto | null): ModelSpec {
  if (!spec?.name) throw invalid('Missing ModelSpec');
  return { name: spec.name, version: spec.version?.value, label: spec.version_label || undefined };
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

import type { ModelControl } from '../../models/model-catalog.js';
import type { ServedModel } from '../../models/served-model.js';
import { tensorBytes, tensorFromBytes } from '../../tensor/binary.js';
import { allocate, type Datatype } from '../../tensor/datatype.js';
import { invalid } from '../../tensor/errors.js';
import {
  checkInput,
  checkOutputs,
  isIgnored,
  orderInputs,
  type Parameters,
  type RequestedOutput,
} from '../../tensor/open-inference/request-parts.js';
import { textOptions } from '../../tensor/open-inference/text-options.js';
import { elementCount, type Signature, type Tensor, type TensorSpec } from '../../tensor/tensor.js';
import type { GrpcMethod, GrpcService } from '../grpc-service.js';
import { counted } from '../handled.js';
import { modelMetadata, serverMetadata } from './metadata.js';
import { findModel, selectOutputs } from './model-call.js';
import { type LoadParameters, loadModel, modelNameOf, repositoryIndex, unloadModel } from './repository.js';
import { modelStatistics } from './statistics.js';

/** Field of the contents that holds the elements of a datatype. FP16 and BF16 can only be sent raw. */
const CONTENTS: Partial<Record<Datatype, keyof Contents>> = {
  BOOL: 'bool_contents',
  INT8: 'int_contents',
  INT16: 'int_contents',
  INT32: 'int_contents',
  INT64: 'int64_contents',
  UINT8: 'uint_contents',
  UINT16: 'uint_contents',
  UINT32: 'uint_contents',
  UINT64: 'uint64_contents',
  FP32: 'fp32_contents',
  FP64: 'fp64_contents',
  BYTES: 'bytes_contents',
};

interface Contents {
  readonly bool_contents?: readonly boolean[];
  readonly int_contents?: readonly number[];
  readonly int64_contents?: readonly string[];
  readonly uint_contents?: readonly number[];
  readonly uint64_contents?: readonly string[];
  readonly fp32_contents?: readonly number[];
  readonly fp64_contents?: readonly number[];
  readonly bytes_contents?: readonly Buffer[];
}

interface Parameter {
  readonly parameter_choice?: keyof Parameter;
  readonly bool_param?: boolean;
  readonly int64_param?: string;
  readonly string_param?: string;
  readonly double_param?: number;
  readonly uint64_param?: string;
}

interface ModelName {
  readonly name: string;
  readonly version: string;
}

interface ModelInferRequest {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: Readonly<Record<string, Parameter>> | null;
  readonly inputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly string[];
    readonly contents: Contents | null;
  }[];
  readonly outputs: readonly { readonly name: string; readonly parameters: Readonly<Record<string, Parameter>> }[];
  readonly raw_input_contents: readonly Buffer[];
}

/** The Open Inference Protocol v2 over gRPC. Outputs are raw if the inputs were. */
export const openInferenceGrpc: GrpcService = {
  protoFile: 'open_inference.proto',
  name: 'inference.GRPCInferenceService',
  methods: (models) => ({
    ServerLive: () => ({ live: true }),
    ServerReady: () => ({ ready: models.ready }),
    ModelReady: ({ name, version }: ModelName) => ({
      ready: models.find(name, version || undefined)?.isReady ?? false,
    }),
    ServerMetadata: () => serverMetadata(),
    ModelMetadata: ({ name, version }: ModelName) =>
      modelMetadata(models, findModel(models, name, version || undefined)),
    ModelStatistics: ({ name, version }: ModelName) => modelStatistics(models, name || undefined, version || undefined),
    RepositoryIndex: ({ ready }: { ready: boolean }) => ({ models: repositoryIndex(models, ready) }),
    ...(models.control && controlMethods(models.control)),
    ModelInfer: async (request: ModelInferRequest, signal) => {
      const model = findModel(models, request.model_name, request.model_version || undefined);
      const signature = model.signatures.serving_default!;
      const { inputs, outputs } = decode(model, request);
      const text = model.tokens && textOptions(parametersOf(request.parameters));
      const answer = await model.infer({ inputs, outputs: outputs?.map(({ name }) => name), text, signal });
      const isRaw = request.raw_input_contents.length > 0;
      return {
        model_name: model.name,
        model_version: model.version,
        id: request.id,
        ...encodeOutputs(selectOutputs(signature, outputs, answer.outputs), isRaw),
      };
    },
  }),
};

interface RepositoryRequest {
  readonly repository_name: string;
  readonly model_name: string;
  readonly parameters: LoadParameters;
}

function controlMethods(control: ModelControl): Readonly<Record<string, GrpcMethod>> {
  return {
    RepositoryModelLoad: async (request: RepositoryRequest) => {
      const name = modelNameOf(request);
      await loadModel(control, name, request.parameters);
      return { model_name: name, isLoaded: true };
    },
    RepositoryModelUnload: async (request: RepositoryRequest) => {
      const name = modelNameOf(request);
      await unloadModel(control, name, request.parameters);
      return { model_name: name, isUnloaded: true };
    },
  };
}

function decode(model: ServedModel, request: ModelInferRequest) {
  const signature = model.signatures.serving_default!;
  try {
    const outputs = request.outputs.length > 0 ? checkOutputs(signature, request.outputs.map(decodeOutput)) : undefined;
    return { inputs: decodeInputs(request, signature), outputs };
  } catch (error) {
    throw counted(model, error);
  }
}

function decodeInputs({ inputs, raw_input_contents: raw }: ModelInferRequest, signature: Signature): readonly Tensor[] {
  if (raw.length > 0 && raw.length !== inputs.length) {
    throw invalid(`got ${raw.length} raw_input_contents for ${inputs.length} inputs: each input needs one`);
  }
  const tensors = inputs.flatMap(({ name, datatype, shape, contents }, index) => {
    if (isIgnored(signature, name)) return [];
    const sizes = shape.map(Number);
    if (sizes.some((size) => !Number.isSafeInteger(size) || size < 0)) {
      throw invalid(`input ${name}: got shape [${shape}], sizes from 0 to 2^53 - 1 are allowed`);
    }
    const spec = { ...checkInput(signature, name, sizes, datatype), datatype: datatype as Datatype };
    if (raw.length === 0) return [decodeContents(spec, sizes, contents ?? {})];
    if (contents) throw invalid(`input ${name} has contents beside raw_input_contents: one of them is allowed`);
    return [tensorFromBytes(spec.name, spec.datatype, sizes, raw[index]!)];
  });
  return orderInputs(signature, tensors);
}

function decodeContents({ name, datatype }: TensorSpec, shape: readonly number[], contents: Contents): Tensor {
  const field = CONTENTS[datatype];
  if (!field) throw invalid(`input ${name}: ${datatype} travels by raw_input_contents only`);
  const values = contents[field] ?? [];
  if (values.length !== elementCount(shape)) {
    throw invalid(`input ${name}: got ${values.length} ${field}, shape [${shape}] takes ${elementCount(shape)}`);
  }
  if (datatype === 'BYTES') return { name, datatype, shape, data: values.map((value) => Buffer.from(value as Buffer)) };
  const isLong = datatype === 'INT64' || datatype === 'UINT64';
  const data = allocate(datatype, values.length) as unknown[];
  for (const [index, value] of values.entries()) {
    data[index] = isLong ? BigInt(value as string) : Number(value);
    // Small datatypes are sent as 32 bits, so storing a value that does not fit would wrap it silently.
    if (!isLong && datatype !== 'FP32' && data[index] !== Number(value)) {
      throw invalid(`input ${name}: ${value} is out of the range of ${datatype}`);
    }
  }
  return { name, datatype, shape, data: data as unknown as Tensor['data'] };
}

function decodeOutput({ name, parameters }: ModelInferRequest['outputs'][number]): RequestedOutput {
  return { name, parameters: parametersOf(parameters) };
}

function parametersOf(parameters: Readonly<Record<string, Parameter>> | null): Parameters {
  const values = new Map<string, string | number | boolean>();
  for (const [key, parameter] of Object.entries(parameters ?? {})) {
    const value = parameterValue(parameter);
    if (value !== undefined) values.set(key, value);
  }
  return values;
}

function parameterValue(parameter: Parameter): string | number | boolean | undefined {
  switch (parameter.parameter_choice) {
    case 'int64_param':
    case 'uint64_param':
      return Number(parameter[parameter.parameter_choice]);
    case undefined:
      return undefined;
    default:
      return parameter[parameter.parameter_choice];
  }
}

function encodeOutputs(tensors: readonly Tensor[], wantsRaw: boolean): object {
  const isRaw = wantsRaw || tensors.some(({ datatype }) => CONTENTS[datatype] === undefined);
  const outputs = tensors.map(({ name, datatype, shape, data }) => {
    if (isRaw) return { name, datatype, shape };
    const values = Array.from(data as ArrayLike<unknown>, (value) => encodeElement(datatype, value));
    return { name, datatype, shape, contents: { [CONTENTS[datatype]!]: values } };
  });
  return isRaw ? { outputs, raw_output_contents: tensors.map(tensorBytes) } : { outputs };
}

function encodeElement(datatype: Datatype, value: unknown): unknown {
  if (datatype === 'BOOL') return value !== 0;
  return typeof value === 'bigint' ? value.toString() : value;
}

import type { Signature, Tensor } from '@modelship/runtime';
import { type Manifest, readManifest, signaturesOf, verifyFiles, withInputRules } from '@modelship/runtime/manifest';
import { encodeInferRequestJson, encodePredictionLines, formatOfPlatform, loadModel } from '@modelship/runtime/serve';
import type { Command } from 'commander';
import { DEFAULT_TOLERANCE, sampleTensors, tensorsOfOpenInference, tensorsOfPredictions } from '../pack/index.js';
import type { Predictor } from '../requests/predictor.js';
import { answerJson, call, type Endpoint, type EndpointFlags, findEndpoint, inferUrl, successful } from './endpoint.js';
import { CommandFailure } from './failure.js';
import { engineOptions, type LocalFlags } from './local.js';

/** A model that responds to requests, in a package or behind a URL. */
export interface OpenPredictor extends Predictor {
  close(): Promise<void>;
}

export interface PredictorFlags extends EndpointFlags, LocalFlags {
  /** Folder of the package that the endpoint serves. */
  readonly package?: string;
}

/** Adds the option that names the package behind a URL. */
export function withPackageOption(command: Command): Command {
  return command.option(
    '--package <folder>',
    'package that the URL serves, for its samples, tolerance and signature; required for SageMaker, Vertex AI and Azure ML',
  );
}

/** Whether `target` is a package rather than a URL. */
export function isPackage(target: string): boolean {
  return !/^https?:\/\//.test(target);
}

/**
 * Opens the package in the folder `target`, or the endpoint at the URL `target`.
 *
 * @throws ModelPackageError or CommandFailure
 */
export function openPredictor(target: string, flags: PredictorFlags): Promise<OpenPredictor> {
  return isPackage(target) ? packagePredictor(target, flags) : endpointPredictor(target, flags);
}

async function packagePredictor(directory: string, flags: LocalFlags): Promise<OpenPredictor> {
  const manifest = readManifest(directory);
  await verifyFiles(directory, manifest);
  const model = await loadModel(directory, manifest, engineOptions(flags));
  return {
    signature: signaturesOf(manifest).serving_default!,
    tolerance: manifest.samples.tolerance,
    predict: (tensors) => model.run(tensors),
    close: () => model.close(),
  };
}

async function endpointPredictor(url: string, flags: PredictorFlags): Promise<OpenPredictor> {
  const endpoint = await findEndpoint(url, flags);
  const manifest = flags.package === undefined ? undefined : readManifest(flags.package);
  const signature = await endpointSignature(endpoint, manifest);
  return {
    signature,
    tolerance: manifest?.samples.tolerance ?? DEFAULT_TOLERANCE,
    async predict(tensors) {
      const values = endpoint.model === undefined ? rowAnswer(endpoint, tensors) : inferAnswer(endpoint, tensors);
      return sampleTensors(await values, signature.outputs, url);
    },
    async close() {},
  };
}

/**
 * Returns the signature of the model behind `endpoint`, from its package or else from the server's metadata, with the
 * input rules of its format.
 *
 * @throws CommandFailure
 */
export async function endpointSignature(endpoint: Endpoint, manifest: Manifest | undefined): Promise<Signature> {
  if (manifest) return signaturesOf(manifest).serving_default!;
  if (endpoint.model === undefined) {
    throw new CommandFailure(
      'SIGNATURE_UNKNOWN',
      `${endpoint.base} does not describe the model. Give the package that it serves with --package FOLDER.`,
    );
  }
  const metadata = await modelMetadata(endpoint);
  const format = formatOfPlatform(metadata.platform);
  const inputs = metadata.inputs.map(({ parameters, ...input }) => ({ ...input, unused: parameters?.unused }));
  const signature = { ...metadata, inputs };
  return format ? withInputRules(format, { serving_default: signature }).serving_default! : signature;
}

/** Returns the digest of the package that a server of Modelship serves, or undefined for other servers. */
export async function servedDigest(endpoint: Endpoint): Promise<string | undefined> {
  return endpoint.model === undefined ? undefined : (await modelMetadata(endpoint)).parameters?.digest;
}

async function modelMetadata(endpoint: Endpoint): Promise<ModelMetadata> {
  return (await answerOf(endpoint, inferUrl(endpoint).replace(/\/infer$/, ''))) as ModelMetadata;
}

interface ModelMetadata extends Signature {
  readonly platform?: string;
  readonly parameters?: { readonly digest?: string };
  readonly inputs: readonly (Signature['inputs'][number] & { readonly parameters?: { readonly unused?: boolean } })[];
}

async function inferAnswer(endpoint: Endpoint, tensors: readonly Tensor[]) {
  const answer = (await answerOf(endpoint, inferUrl(endpoint), encodeInferRequestJson(tensors))) as InferAnswer;
  return tensorsOfOpenInference(answer.outputs);
}

interface InferAnswer {
  readonly outputs: Parameters<typeof tensorsOfOpenInference>[0];
}

/** Requests a prediction with rows, the only format that SageMaker, Vertex AI and Azure ML all forward. */
async function rowAnswer(endpoint: Endpoint, tensors: readonly Tensor[]) {
  const answer = (await answerOf(endpoint, endpoint.base, instancesBody(tensors), true)) as { predictions: unknown[] };
  return tensorsOfPredictions(answer.predictions);
}

/** Returns a request body in TensorFlow Serving's format, with one instance per row. */
export function instancesBody(tensors: readonly Tensor[]): string {
  return `{"instances": [${String(encodePredictionLines(tensors)).trimEnd().split('\n').join(', ')}]}`;
}

/** Sends a request and parses the response. Responses of the Open Inference Protocol contain only finite numbers. */
async function answerOf(endpoint: Endpoint, url: string, body?: string, nonFinite = false): Promise<unknown> {
  return answerJson(url, successful(endpoint, url, await call(endpoint, url, body)), nonFinite);
}

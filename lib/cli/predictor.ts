import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Signature, Tensor, TensorSpec } from '@modelship/runtime';
import { MANIFEST_FILE, readManifest, verifyFiles } from '@modelship/runtime/manifest';
import { encodeInferRequestJson, engineFor } from '@modelship/runtime/serve';
import { DEFAULT_TOLERANCE, sampleTensors, type Tolerance, tensorsOfOpenInference } from '../pack/index.js';
import { answerJson, call, type Endpoint, type EndpointFlags, findEndpoint, inferUrl, successful } from './endpoint.js';
import { CommandFailure } from './failure.js';
import { engineOptions, type LocalFlags } from './local.js';

/** A model that can be asked, in a package or behind a URL. */
export interface Predictor {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly tolerance: Tolerance;
  /** The outputs, in the signature's order. */
  predict(inputs: readonly Tensor[]): Promise<readonly Tensor[]>;
  close(): Promise<void>;
}

/** Whether `target` names a package rather than a URL. */
export function isPackage(target: string): boolean {
  return !/^https?:\/\//.test(target);
}

/**
 * Opens the package in the folder `target`, or the endpoint at the URL `target`.
 *
 * @throws ModelPackageError or CommandFailure
 */
export function openPredictor(target: string, flags: EndpointFlags & LocalFlags): Promise<Predictor> {
  return isPackage(target) ? packagePredictor(target, flags) : endpointPredictor(target, flags);
}

async function packagePredictor(directory: string, flags: LocalFlags): Promise<Predictor> {
  if (statSync(directory, { throwIfNoEntry: false })?.isFile()) {
    throw new CommandFailure(
      'NO_PACKAGE',
      `${directory} is a file. Give the folder of a package, which holds ${MANIFEST_FILE}.`,
    );
  }
  const manifest = readManifest(directory);
  await verifyFiles(directory, manifest);
  const { format, artifact, inputs, outputs, samples } = manifest;
  const model = await engineFor(format).load(
    { path: join(directory, artifact), format, declared: { inputs, outputs } },
    engineOptions(flags),
  );
  return {
    inputs,
    outputs,
    tolerance: samples.tolerance,
    predict: (tensors) => model.run(tensors),
    close: () => model.close(),
  };
}

async function endpointPredictor(url: string, flags: EndpointFlags): Promise<Predictor> {
  const endpoint = await findEndpoint(url, flags);
  const infer = inferUrl(endpoint);
  const metadataUrl = infer.replace(/\/infer$/, '');
  const { inputs, outputs } = (await answerOf(metadataUrl, endpoint)) as Signature;
  return {
    inputs,
    outputs,
    tolerance: DEFAULT_TOLERANCE,
    async predict(tensors) {
      const body = encodeInferRequestJson(tensors);
      const answer = (await answerOf(infer, endpoint, body)) as InferAnswer;
      return sampleTensors(tensorsOfOpenInference(answer.outputs), outputs, infer);
    },
    async close() {},
  };
}

interface InferAnswer {
  readonly outputs: Parameters<typeof tensorsOfOpenInference>[0];
}

/** What the Open Inference Protocol answers has no numbers that are not finite. */
async function answerOf(url: string, { headers }: Endpoint, body?: string): Promise<unknown> {
  return answerJson(url, successful(url, await call(url, headers, body)), false);
}

import router from 'find-my-way';
import type { HttpRequest, HttpResponse, RouteHandler } from '../../../runtime/src/http/http.js';
import type { Manifest } from '../../../runtime/src/manifest/index.js';
import type { ModelCatalog } from '../../../runtime/src/models/model-catalog.js';
import type { ServedModel } from '../../../runtime/src/models/served-model.js';
import { type ProtocolOptions, protocols } from '../../../runtime/src/protocols/index.js';
import type { InferenceRequest } from '../../../runtime/src/tensor/request.js';
import type { Signature, Tensor, TensorSpec } from '../../../runtime/src/tensor/tensor.js';

/** Digest of the packages of these models. */
export const DIGEST = `sha256:${'0'.repeat(64)}`;

type Compute = (inputs: readonly Tensor[], request: InferenceRequest) => readonly Tensor[] | Promise<readonly Tensor[]>;

/** What a model of a test is made of. */
export interface TestModel extends Partial<Omit<ServedModel, 'infer' | 'signatures'>> {
  readonly inputs?: readonly TensorSpec[];
  readonly outputs?: readonly TensorSpec[];
  readonly signatures?: Readonly<Record<string, Signature>>;
  readonly compute: Compute;
}

/** A model that is a function of its tensors, so that the protocols are tested and nothing else. */
export function model({ inputs, outputs, signatures, compute, ...rest }: TestModel): ServedModel {
  const main: Signature = {
    inputs: inputs ?? [{ name: 'x', datatype: 'FP32', shape: [-1] }],
    outputs: outputs ?? [{ name: 'y', datatype: 'FP32', shape: [-1] }],
  };
  return {
    name: 'half_plus_two',
    version: '1',
    state: 'AVAILABLE',
    isReady: (rest.state ?? 'AVAILABLE') === 'AVAILABLE',
    manifest: { format: 'onnx', digest: DIGEST, inputs: main.inputs, outputs: main.outputs } as Manifest,
    signatures: signatures ?? { serving_default: main },
    async infer(request) {
      const all = await compute(request.inputs, request);
      return { outputs: request.outputs ? all.filter(({ name }) => request.outputs!.includes(name)) : all };
    },
    hold: (calls) => calls({ aborted: false }),
    ...rest,
  };
}

/** x / 2 + 2, the model of TensorFlow Serving's own examples. */
export const halfPlusTwo = model({
  compute: ([x]) => [{ ...x!, name: 'y', data: (x!.data as Float32Array).map((value) => value / 2 + 2) }],
});

export function catalog(models: readonly ServedModel[], more: Partial<ModelCatalog> = {}): ModelCatalog {
  return {
    ready: true,
    names: () => [...new Set(models.map(({ name }) => name))],
    versions: (name) => models.filter((candidate) => candidate.name === name),
    find: (name, version) =>
      models.find(
        (candidate) =>
          candidate.name === name &&
          candidate.state === 'AVAILABLE' &&
          (version === undefined || candidate.version === version),
      ),
    labels: () => ({}),
    ...more,
  };
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly signal?: AbortSignal;
}

export type Send = (
  method: string,
  path: string,
  body?: string | Buffer | object,
  options?: SendOptions,
) => Promise<HttpResponse & { readonly text: string; json(): unknown }>;

/** Sends requests to the protocols as a server would route them, without one. */
export function sender(models: ModelCatalog, options?: ProtocolOptions): Send {
  const routes = router<never>();
  const served = protocols(options);
  for (const { method, path, handler } of served.flatMap((protocol) => protocol.routes(models))) {
    if (!routes.hasRoute(method, path)) routes.on(method, path, handler as never);
  }
  return async (method, path, body = '', { headers = {}, query = '', signal } = {}) => {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const request: HttpRequest = { method, path, query, headers, body: bytes, signal };
    const response = await answer(request);
    const text = response.body.toString();
    return { ...response, text, json: () => JSON.parse(text) };
  };

  async function answer(request: HttpRequest): Promise<HttpResponse> {
    const found = routes.find(request.method as 'GET', request.path);
    if (found) return (found.handler as unknown as RouteHandler)(request, found.params);
    const owner = served.find((protocol) => protocol.owns(request.path));
    return owner?.unmatched?.(request) ?? { status: 404, headers: {}, body: '' };
  }
}

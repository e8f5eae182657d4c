import type { Failure } from '../channel.js';
import type { TextTokens } from '../engines/engine.js';
import type { ExactEffects, ExactExplainer, ExactProblem } from '../explain/additive-explainer.js';
import type { HttpResponse } from '../http/http.js';
import type { ModelControl } from '../models/model-catalog.js';
import type { ExplanationData, ModelVersion, ServedModel } from '../models/served-model.js';
import type { ModelMetricsData } from '../observability/model-metrics.js';
import type { InferenceRequest, InferenceResponse } from '../tensor/request.js';

/** Settings of the thread that decodes large requests and encodes their responses. */
export interface CodecOptions {
  readonly protocols: object;
  readonly maxBodyBytes: number;
  readonly timeoutSeconds: number;
  /** Origins of web pages that may change the models. @default - none */
  readonly corsOrigins?: readonly string[];
}

/** Version of a model without its functions, as it is sent to a thread. */
export type ModelData = Pick<
  ServedModel,
  'name' | 'version' | 'state' | 'isReady' | 'failure' | 'source' | 'manifest' | 'signatures' | 'hidesScores'
>;

/** Models that a request may use. */
export interface CatalogData {
  readonly ready: boolean;
  readonly models: readonly (readonly [
    name: string,
    labels: Readonly<Record<string, string>>,
    versions: readonly ModelData[],
  ])[];
  /** Versions that were found but are not in memory. @default - callers may not change the models */
  readonly unloaded?: readonly ModelVersion[];
}

/** Request without its functions, as it is sent to a thread. */
export interface RequestData {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** Response, and what was counted of the models that it used. */
export interface HandledData<Response> {
  readonly response: Response;
  readonly metrics: readonly (readonly [name: string, version: string, metrics: ModelMetricsData])[];
}

/** HTTP response without its functions, as it is sent to the server. */
export type ResponseData = Pick<HttpResponse, 'status' | 'headers'> & { readonly body: Uint8Array | string };

/** Parts of a package that explanations are computed from, as they are sent to a thread. */
export interface SentExplanationData extends Pick<ExplanationData, 'background'> {
  /** Sizes of the explainer, whose trees or weights stay with the server. @default - there is none */
  readonly explainer?: Pick<ExactExplainer, 'columns' | 'outputs'>;
}

/** Calls that the thread answers. */
export interface ThreadCalls {
  handle(id: number, catalog: CatalogData, request: RequestData): Promise<HandledData<ResponseData>>;
  /** Responds to a gRPC message, unless its memory once decoded exceeds `mostBytes`. */
  call(
    id: number,
    catalog: CatalogData,
    path: string,
    message: Uint8Array,
    mostBytes: number,
  ): Promise<HandledData<Uint8Array | Failure>>;
}

/** Calls that the server answers. It answers those that change the models only if callers may change them. */
export interface ServerCalls extends Pick<ModelControl, 'load' | 'unload' | 'configure'> {
  /** Counts memory of the request `id`. @throws InferenceError if it exceeds the budget */
  take(id: number, bytes: number): void;
  /** Runs a model for the request `id`. */
  infer(id: number, name: string, version: string, request: InferenceRequest): Promise<InferenceResponse>;
  encode(name: string, version: string, ...args: Parameters<TextTokens['encode']>): ReturnType<TextTokens['encode']>;
  tokenize(
    name: string,
    version: string,
    ...args: Parameters<TextTokens['tokenize']>
  ): ReturnType<TextTokens['tokenize']>;
  decode(name: string, version: string, ...args: Parameters<TextTokens['decode']>): ReturnType<TextTokens['decode']>;
  explanationData(name: string, version: string): Promise<SentExplanationData>;
  /** Computes exact effects for the request `id`. */
  explain(id: number, name: string, version: string, problem: ExactProblem): Promise<ExactEffects | undefined>;
}

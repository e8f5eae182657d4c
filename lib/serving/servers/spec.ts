import type { ModelFormat } from '@modelship/runtime/manifest';
import type { Model } from '../../model/model.js';
import type { ExampleRequest } from '../example-request.js';
import type { ImageArchitecture } from '../image-architecture.js';
import type { LayoutFile } from './model-layout.js';
import type { ModelSource } from './source.js';

/** Image of a server and the architectures that it supports. */
export type ServerImage = Required<Pick<ServerSpec, 'image' | 'architectures'>>;

/** Properties of an inference server that hosts depend on. Each server is one object in a file of this folder. */
export interface ServerSpec {
  /** Display name, used in error messages. */
  readonly name: string;
  /** Image to run. Undefined for Modelship's own runtime, whose image each cloud provides in its own way. */
  readonly image?: string;
  /** Architectures that the image is built for. Modelship's own image is built for the architecture of its host. */
  readonly architectures: readonly ImageArchitecture[];
  /** Port that the server listens on. */
  readonly port: number;
  /** Path of the liveness check, which responds with 200 while the process needs no restart. */
  livePath(model: Model): string;
  /** Path of the readiness check, which responds with 200 while the server accepts requests. */
  readyPath(model: Model): string;
  /** Path of prediction requests. */
  predictPath(model: Model): string;
  /** Creates an example request. Undefined if the request format depends on a handler, or is unknown. */
  exampleRequest?(model: Model): ExampleRequest;
  /** Whether the server requires a GPU. */
  readonly needsGpu: boolean;
  /** Whether requests are `{"instances": […]}` and responses `{"predictions": […]}`, the format of Vertex AI. */
  readonly speaksInstances: boolean;
  /** Whether responses are streamed. */
  readonly streams: boolean;
  /** User ID of the container, on hosts that set one. 0 is root. Defaults to a user without files in the image. */
  readonly user?: number;
  /** Working directory. Defaults to that of the image. */
  readonly workingFolder?: string;
  /** Source from which the server loads the model by itself. Undefined if it loads the model from the folder. */
  readonly source?: ModelSource;
  /** Formats that the server can load. Undefined if it does not load the package's artifact. */
  readonly formats?: readonly ModelFormat[];
  /** Lists the files of the folder that the server loads the model from. */
  layout(model: Model): readonly LayoutFile[];
  /** Whether the server can load the model from a `gs://` URL, for hosts that cannot mount a folder. */
  readonly readsGcs: boolean;
  /**
   * Arguments of the image's entry point. Defaults to those of the image.
   *
   * @param gpuCount number of GPUs of a replica, if the host knows it
   */
  command?(model: Model, folder: string, gpuCount?: number): readonly string[];
  /** Arguments of the image's entry point on Vertex AI. Defaults to `command`. */
  vertexCommand?(model: Model, folder: string): readonly string[];
  /** Whether the arguments match the image's defaults, so the server also starts on hosts that set no arguments. */
  readonly startsWithoutCommand?: boolean;
  /** Environment variables of the container. */
  environment(model: Model, folder: string): Readonly<Record<string, string>>;
  /** Environment variables of the image's SageMaker variant. Undefined if there is no such variant. */
  sageMakerEnvironment?(model: Model): Readonly<Record<string, string>>;
}

import type { ModelFormat } from '@modelship/runtime/manifest';
import type { Model } from '../../model/model.js';
import type { ImageArchitecture } from '../image-architecture.js';
import type { LayoutFile } from './model-layout.js';
import type { ModelSource } from './source.js';

/** Whose image it is, and for what. */
export type ServerImage = Required<Pick<ServerSpec, 'image' | 'architectures'>>;

/** What a host needs to know of an inference server: one object a server, so that another is a file beside these. */
export interface ServerSpec {
  readonly name: string;
  /** The image to run; absent for Modelship's own, which each cloud gets in its own way. */
  readonly image?: string;
  /** What the image is built for. Modelship's own is built for what it is to run on. */
  readonly architectures: readonly ImageArchitecture[];
  readonly port: number;
  /** 200 while the process should not be restarted. */
  livePath(model: Model): string;
  /** 200 while requests may come. */
  readyPath(model: Model): string;
  /** Where predictions are asked for. */
  predictPath(model: Model): string;
  /** Whether it runs on GPUs only. */
  readonly needsGpu: boolean;
  /** Whether requests are `{"instances": […]}` and answers `{"predictions": […]}`, as Vertex AI has them. */
  readonly speaksInstances: boolean;
  /** Whether answers come in pieces. */
  readonly streams: boolean;
  /** The user that it runs as where users are chosen. Absent: one that owns nothing in the image; 0 is root. */
  readonly user?: number;
  /** The folder that it starts in. Absent: that of the image. */
  readonly workingFolder?: string;
  /** Where it gets the model by itself; absent if it loads what is in the folder. */
  readonly source?: ModelSource;
  /** The formats it loads; absent if it does not load the package's artifact. */
  readonly formats?: readonly ModelFormat[];
  /** The folder it loads the model from. */
  layout(model: Model): readonly LayoutFile[];
  /** Whether it loads the model from a folder that is a `gs://` URL, where none can be mounted. */
  readonly readsGcs: boolean;
  /**
   * Arguments for the image's entry point. Absent: those of the image.
   *
   * @param gpuCount GPUs of a replica, where the host knows their number
   */
  command?(model: Model, folder: string, gpuCount?: number): readonly string[];
  /** What the image is given on Vertex AI instead. Absent: `command`. */
  vertexCommand?(model: Model, folder: string): readonly string[];
  /** Whether the arguments say what the image does without them, so that hosts that give none start it too. */
  readonly startsWithoutCommand?: boolean;
  environment(model: Model, folder: string): Readonly<Record<string, string>>;
  /** What SageMaker's variant of the image is told instead; absent if there is no variant for SageMaker. */
  sageMakerEnvironment?(model: Model): Readonly<Record<string, string>>;
}

import type { Model } from '../../model/model.js';
import { ImageArchitecture } from '../image-architecture.js';
import { type LayoutFile, packageLayout } from './model-layout.js';
import { modelship } from './modelship.js';
import type { ServerImage, ServerSpec } from './spec.js';
import { tensorFlowServing } from './tensorflow-serving.js';
import { torchServe } from './torch-serve.js';
import { NO_TENSORFLOW, triton } from './triton.js';
import { vllm } from './vllm.js';

/** Image of a third-party inference server. */
export interface ServerImageOptions {
  /**
   * Image reference with a tag or a digest. On SageMaker the image must be in ECR: one of AWS's deep-learning
   * containers, or a copy. On Azure ML and Vertex AI an image outside the cloud's own registry is copied at apply.
   *
   * @default - the server's official image on its public registry, at the version that Modelship is tested with
   */
  readonly image?: string;
  /**
   * CPU architectures that the image is built for.
   *
   * @default - those of the server's official image; AMD64 only if `image` is set
   */
  readonly architectures?: ImageArchitecture[];
}

/** Options of {@link ModelServer.torchServe}. */
export interface TorchServeOptions extends ServerImageOptions {
  /** TorchServe handler that converts a request into tensors, such as `image_classifier`. @default base_handler */
  readonly handler?: string;
}

/** Options of {@link ModelServer.vllm}. */
export interface VllmOptions extends ServerImageOptions {
  /**
   * Source of the weights: a Hugging Face repository, an `s3://` or `gs://` prefix with safetensors, or the absolute
   * path of a folder. The folder is in the image or on a mounted file system. AWS targets grant the server read access
   * to an `s3://` prefix, and GKE and Vertex AI to a `gs://` prefix. Allow the server's role to decrypt if the bucket
   * has a customer-managed key. The model package only provides the served model name.
   */
  readonly source: string;
  /** Arguments of `vllm serve` without the leading dashes, such as `{ 'max-model-len': '8192' }`. @default - none */
  readonly arguments?: { [name: string]: string };
}

/** Options of {@link ModelServer.custom}. */
export interface CustomServerOptions {
  /** Image reference with a tag or a digest. */
  readonly image: string;
  /** CPU architectures that the image is built for. @default [ImageArchitecture.AMD64] */
  readonly architectures?: ImageArchitecture[];
  /** Port that the server listens on. @default 8080 */
  readonly port?: number;
  /** Path of the readiness check, which responds with 200 when the server accepts requests. @default /ping */
  readonly readyPath?: string;
  /** Path of the liveness check, which responds with 200 while the process needs no restart. @default - `readyPath` */
  readonly livePath?: string;
  /** Path of prediction requests. @default /invocations */
  readonly predictPath?: string;
  /** Arguments of the image's entry point. @default - those of the image */
  readonly command?: string[];
  /**
   * Environment variable that receives the path of the model package's folder, or its `gs://` URL on Vertex AI.
   *
   * @default - none
   */
  readonly modelFolderVariable?: string;
  /** Whether the server requires a GPU. @default false */
  readonly needsGpu?: boolean;
  /**
   * Numeric user ID of the container on Kubernetes. 0 is root. A namespace that the construct creates then allows root.
   *
   * @default 65532, a user without files in the image
   */
  readonly user?: number;
}

const AMD64 = [ImageArchitecture.AMD64];
const BOTH = [ImageArchitecture.ARM64, ImageArchitecture.AMD64];

/**
 * Official image of each server and its architectures. Sources: tensorflow/serving#1948, pytorch/serve#3072 and
 * vllm-project/vllm#23210. NVIDIA builds its image for both architectures.
 */
const IMAGES = {
  tensorFlowServing: { image: 'docker.io/tensorflow/serving:2.19.1', architectures: AMD64 },
  torchServe: { image: 'docker.io/pytorch/torchserve:0.12.0-cpu', architectures: AMD64 },
  triton: { image: 'nvcr.io/nvidia/tritonserver:25.08-py3', architectures: BOTH },
  vllm: { image: 'docker.io/vllm/vllm-openai:v0.11.0', architectures: BOTH },
};

/**
 * Inference server that runs in the container.
 *
 * @example
 * ```ts
 * import { Access, ModelServer } from 'modelship';
 * import { ContainerModel } from 'modelship/aws';
 *
 * new ContainerModel(stack, 'Iris', { model, server: ModelServer.triton(), access: Access.anonymous() });
 * ```
 */
export class ModelServer {
  /** Modelship's own runtime, which loads every format of a model package. The default on every target. */
  static modelship(): ModelServer {
    return new ModelServer(modelship);
  }

  /** TensorFlow Serving, for `saved_model`. Clients use its REST API, as with Modelship's runtime. */
  static tensorflowServing(options: ServerImageOptions = {}): ModelServer {
    return new ModelServer(tensorFlowServing(imageOf(options, IMAGES.tensorFlowServing)));
  }

  /** TorchServe, for `torchscript`. The project is no longer maintained. Not available on SageMaker and Vertex AI. */
  static torchServe(options: TorchServeOptions = {}): ModelServer {
    const image = imageOf(options, IMAGES.torchServe);
    return new ModelServer(torchServe(image, options.handler ?? 'base_handler'));
  }

  /**
   * NVIDIA Triton, for `onnx` and `torchscript`. Clients use the Open Inference Protocol v2. NVIDIA's images have no
   * TensorFlow backend since 25.03, so `saved_model` needs an `image` of your own with this backend.
   */
  static triton(options: ServerImageOptions = {}): ModelServer {
    return new ModelServer(
      triton(imageOf(options, IMAGES.triton), options.image === undefined ? NO_TENSORFLOW : undefined),
    );
  }

  /** vLLM, for language models on GPUs. Clients use OpenAI's chat API, and responses stream. */
  static vllm(options: VllmOptions): ModelServer {
    return new ModelServer(vllm(imageOf(options, IMAGES.vllm), options.source, options.arguments ?? {}));
  }

  /** Any image that serves HTTP on one port. The server receives the model package unchanged. */
  static custom(options: CustomServerOptions): ModelServer {
    const { modelFolderVariable: variable, command, readyPath = '/ping' } = options;
    return new ModelServer({
      name: 'a custom server',
      ...imageOf(options, { image: options.image, architectures: AMD64 }),
      port: options.port ?? 8080,
      livePath: () => options.livePath ?? readyPath,
      readyPath: () => readyPath,
      predictPath: () => options.predictPath ?? '/invocations',
      needsGpu: options.needsGpu ?? false,
      speaksInstances: false,
      streams: false,
      user: options.user,
      layout: packageLayout,
      // A custom image receives the folder in a variable, so it can handle a `gs://` URL itself.
      readsGcs: true,
      ...(command ? { command: () => command } : {}),
      environment: (_model, folder) => (variable ? { [variable]: folder } : {}),
      sageMakerEnvironment: () => (variable ? { [variable]: '/opt/ml/model' } : {}),
    });
  }

  private constructor(
    /** Properties of the server that hosts depend on. */
    readonly spec: ServerSpec,
  ) {}

  /** Whether this is Modelship's own runtime, whose image each cloud provides in its own way. */
  get isModelship(): boolean {
    return this.spec.image === undefined;
  }

  /** Lists the files of the folder that the server loads the model from. */
  layout(model: Model): readonly LayoutFile[] {
    return this.spec.layout(model);
  }
}

/** Returns the server of the props, or Modelship's runtime by default. */
export function serverOf({ server }: { readonly server?: ModelServer }): ModelServer {
  return server ?? ModelServer.modelship();
}

function imageOf({ image, architectures }: ServerImageOptions, own: ServerImage): ServerImage {
  if (architectures?.length === 0) {
    throw new Error('got no `architectures`; list the processor architectures of the image, or omit them for AMD64');
  }
  // An image copied by `docker pull` and `docker push` has one architecture, and AWS's inference containers use AMD64.
  return {
    image: image ?? own.image,
    architectures: architectures ?? (image === undefined ? own.architectures : AMD64),
  };
}

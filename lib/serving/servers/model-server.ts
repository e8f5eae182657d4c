import type { Model } from '../../model/model.js';
import { ImageArchitecture } from '../image-architecture.js';
import { type LayoutFile, packageLayout } from './model-layout.js';
import { modelship } from './modelship.js';
import type { ServerImage, ServerSpec } from './spec.js';
import { tensorFlowServing } from './tensorflow-serving.js';
import { torchServe } from './torch-serve.js';
import { NO_TENSORFLOW, triton } from './triton.js';
import { vllm } from './vllm.js';

/** The image of a server that somebody else makes. */
export interface ServerImageOptions {
  /**
   * The image, with a tag or a digest. On SageMaker it must be in ECR: one of AWS's deep-learning containers, or a copy. On
   * Azure ML and Vertex AI it is copied at apply, unless it lies in the cloud's own registry.
   *
   * @default - the server's own image on its public registry, at the version the tests were written against
   */
  readonly image?: string;
  /**
   * The processors that the image is built for.
   *
   * @default - those of the server's own image; AMD64 alone for an `image` that is given
   */
  readonly architectures?: ImageArchitecture[];
}

/** Options of {@link ModelServer.torchServe}. */
export interface TorchServeOptions extends ServerImageOptions {
  /** What turns a request into tensors: a handler of TorchServe's, such as `image_classifier`. @default base_handler */
  readonly handler?: string;
}

/** Options of {@link ModelServer.vllm}. */
export interface VllmOptions extends ServerImageOptions {
  /**
   * The weights: a repository of Hugging Face's hub, an `s3://` or `gs://` prefix with safetensors, or the absolute path of
   * a folder in the image or on a mounted file system. On AWS the server may read an `s3://` prefix, and on GKE and Vertex AI
   * a `gs://` prefix; for a customer's key of the bucket, let its role decrypt. The model package only gives the name under
   * which they are served.
   */
  readonly source: string;
  /** Arguments of `vllm serve` without the dashes, such as `{ 'max-model-len': '8192' }`. @default - none */
  readonly arguments?: { [name: string]: string };
}

/** Options of {@link ModelServer.custom}. */
export interface CustomServerOptions {
  readonly image: string;
  /** The processors that the image is built for. @default [ImageArchitecture.AMD64] */
  readonly architectures?: ImageArchitecture[];
  /** @default 8080 */
  readonly port?: number;
  /** Answers 200 once requests may come. @default /ping */
  readonly readyPath?: string;
  /** Answers 200 while the process should not be restarted. @default - `readyPath` */
  readonly livePath?: string;
  /** Where predictions are asked for. @default /invocations */
  readonly predictPath?: string;
  /** Arguments for the image's entry point. @default - those of the image */
  readonly command?: string[];
  /** Variable that is set to the folder with the model package, on Vertex AI as a `gs://` URL. @default - none */
  readonly modelFolderVariable?: string;
  /** @default false */
  readonly needsGpu?: boolean;
  /**
   * The numeric user that it runs as in a cluster of Kubernetes. 0 is root, which then a namespace that is made admits.
   *
   * @default 65532, who owns nothing in the image
   */
  readonly user?: number;
}

const AMD64 = [ImageArchitecture.AMD64];
const BOTH = [ImageArchitecture.ARM64, ImageArchitecture.AMD64];

/**
 * Each server's own image, and what it is built for: tensorflow/serving#1948, pytorch/serve#3072, vllm-project/vllm#23210;
 * NVIDIA's is for both.
 */
const IMAGES = {
  tensorFlowServing: { image: 'docker.io/tensorflow/serving:2.19.1', architectures: AMD64 },
  torchServe: { image: 'docker.io/pytorch/torchserve:0.12.0-cpu', architectures: AMD64 },
  triton: { image: 'nvcr.io/nvidia/tritonserver:25.08-py3', architectures: BOTH },
  vllm: { image: 'docker.io/vllm/vllm-openai:v0.11.0', architectures: BOTH },
};

/**
 * The inference server that a container runs.
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
  /** Modelship's own runtime, which takes every format of a model package. The default everywhere. */
  static modelship(): ModelServer {
    return new ModelServer(modelship);
  }

  /** TensorFlow Serving, for `saved_model`. Clients speak its REST API, as with Modelship's runtime. */
  static tensorflowServing(options: ServerImageOptions = {}): ModelServer {
    return new ModelServer(tensorFlowServing(imageOf(options, IMAGES.tensorFlowServing)));
  }

  /** TorchServe, for `torchscript`. Its authors have stopped maintaining it. Not on SageMaker and Vertex AI. */
  static torchServe(options: TorchServeOptions = {}): ModelServer {
    const image = imageOf(options, IMAGES.torchServe);
    return new ModelServer(torchServe(image, options.handler ?? 'base_handler'));
  }

  /**
   * NVIDIA Triton, for `onnx` and `torchscript`, and with an `image` of yours, which must have the backend, for
   * `saved_model`: NVIDIA's images have none since 25.03. Clients speak the Open Inference Protocol v2.
   */
  static triton(options: ServerImageOptions = {}): ModelServer {
    return new ModelServer(
      triton(imageOf(options, IMAGES.triton), options.image === undefined ? NO_TENSORFLOW : undefined),
    );
  }

  /** vLLM, for language models on GPUs. Clients speak OpenAI's chat API, and answers stream. */
  static vllm(options: VllmOptions): ModelServer {
    return new ModelServer(vllm(imageOf(options, IMAGES.vllm), options.source, options.arguments ?? {}));
  }

  /** Any image that serves HTTP on one port. It finds the model package as it is. */
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
      // An image that is told where reads what it is told.
      readsGcs: true,
      ...(command ? { command: () => command } : {}),
      environment: (_model, folder) => (variable ? { [variable]: folder } : {}),
      sageMakerEnvironment: () => (variable ? { [variable]: '/opt/ml/model' } : {}),
    });
  }

  private constructor(
    /** What hosts need to know of the server. */
    readonly spec: ServerSpec,
  ) {}

  /** The files of the folder that the server loads the model from. */
  layout(model: Model): readonly LayoutFile[] {
    return this.spec.layout(model);
  }
}

function imageOf({ image, architectures }: ServerImageOptions, own: ServerImage): ServerImage {
  if (architectures?.length === 0) {
    throw new Error('got no `architectures`; name what the image is built for, or leave them out for AMD64');
  }
  // A copy by `docker pull` and `docker push` holds one, and AWS's containers for inference are built for AMD64.
  return {
    image: image ?? own.image,
    architectures: architectures ?? (image === undefined ? own.architectures : AMD64),
  };
}

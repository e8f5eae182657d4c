import { azureMl } from './azure-ml/index.js';
import { cohere } from './cohere/index.js';
import { huggingFace } from './hugging-face/index.js';
import { kserve } from './kserve/index.js';
import { openInference } from './open-inference/index.js';
import { openAi } from './openai/index.js';
import type { Protocol } from './protocol.js';
import { sageMaker } from './sagemaker/index.js';
import { tensorFlowServing } from './tensorflow-serving/index.js';
import { textEmbeddingsInference } from './text-embeddings-inference/index.js';
import { torchServe } from './torchserve/index.js';
import { type VertexRoutes, vertexAi } from './vertex-ai.js';

/** Protocol options that depend on the host. */
export interface ProtocolOptions {
  /** Routes for Vertex AI. @default - none, because the host chooses the routes of that protocol */
  readonly vertexRoutes?: VertexRoutes;
  /** Content type of SageMaker responses for callers that accept any type. @default - JSON */
  readonly sageMakerAccept?: string;
  /**
   * Whether model status requests under `/v1` get KServe's responses instead of TensorFlow Serving's.
   *
   * @default false
   */
  readonly kserveStatus?: boolean;
}

/** Returns all protocols in order of precedence. If two have the same route, the first one handles it. */
export function protocols({ vertexRoutes, kserveStatus, sageMakerAccept }: ProtocolOptions = {}): readonly Protocol[] {
  return [
    ...(vertexRoutes ? [vertexAi(vertexRoutes)] : []),
    openAi(),
    cohere(),
    kserve({ status: kserveStatus }),
    tensorFlowServing(),
    openInference(),
    textEmbeddingsInference(),
    huggingFace(),
    sageMaker({ accept: sageMakerAccept }),
    azureMl(),
    torchServe(),
  ];
}

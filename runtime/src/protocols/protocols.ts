import { azureMl } from './azure-ml/index.js';
import { kserve } from './kserve/index.js';
import { openInference } from './open-inference/index.js';
import type { Protocol } from './protocol.js';
import { sageMaker } from './sagemaker/index.js';
import { tensorFlowServing } from './tensorflow-serving/index.js';
import { torchServe } from './torchserve/index.js';
import { type VertexRoutes, vertexAi } from './vertex-ai.js';

/** What may differ from one host to another. */
export interface ProtocolOptions {
  /** The routes of Vertex AI. @default none, as its protocol has no routes of its own */
  readonly vertexRoutes?: VertexRoutes;
  /** The type of SageMaker's answers to callers that accept any. @default JSON */
  readonly sageMakerAccept?: string;
  /**
   * Whether questions about models under `/v1` are answered as KServe does, and not as TensorFlow Serving.
   *
   * @default false
   */
  readonly kserveStatus?: boolean;
}

/** All the protocols, in the order of precedence: where two have the same route, the first answers. */
export function protocols({ vertexRoutes, kserveStatus, sageMakerAccept }: ProtocolOptions = {}): readonly Protocol[] {
  return [
    ...(vertexRoutes ? [vertexAi(vertexRoutes)] : []),
    kserve({ status: kserveStatus }),
    tensorFlowServing(),
    openInference(),
    sageMaker({ accept: sageMakerAccept }),
    azureMl(),
    torchServe(),
  ];
}

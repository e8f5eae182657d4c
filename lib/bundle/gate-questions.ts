import type { Signature } from '@modelship/runtime';
import type { GateTask } from '../serving/rollout-gate.js';

/** File with the questions of a gate, in the folder of its function. */
export const QUESTIONS_FILE = 'questions.json';

/** Environment variables of the function that asks the questions. */
export const GATE_ENVIRONMENT = {
  /** ARN of the new version of the function that serves the model. */
  version: 'MODELSHIP_GATE_VERSION',
  /** URL of the load balancer at which ECS serves the new version to tests. */
  testUrl: 'MODELSHIP_GATE_URL',
  /** Name in the certificate of this load balancer. */
  serverName: 'MODELSHIP_GATE_SERVER_NAME',
  /** DNS suffix of the partition, such as `amazonaws.com`. */
  urlSuffix: 'MODELSHIP_AWS_URL_SUFFIX',
} as const;

/** Questions of a gate, and what is needed to ask them. Paths are relative to the folder of the file. */
export interface GateQuestions {
  /** Name of the model. */
  readonly model: string;
  readonly signature: Signature;
  readonly tolerance: { readonly absolute: number; readonly relative: number };
  /** File of the samples. @default - no samples are asked */
  readonly samples?: string;
  /** Data set. @default - no metrics are computed */
  readonly dataSet?: GateDataSetQuestions;
}

/** Data set of a gate, with its limits. */
export interface GateDataSetQuestions {
  readonly rows: string;
  readonly label: string;
  readonly weight?: string;
  readonly query?: string;
  readonly task?: GateTask;
  readonly min: Readonly<Record<string, number>>;
  readonly max: Readonly<Record<string, number>>;
}

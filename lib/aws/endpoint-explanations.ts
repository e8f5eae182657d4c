/**
 * Shapley values beside every prediction, computed by SageMaker Clarify, which asks the model many times for each.
 * The model must take `text/csv`: flat numeric features.
 */
export interface EndpointExplanations {
  /** A row of feature values, as CSV of 1 to 4096 characters, that stands for "nothing known", such as the means of the training data. */
  readonly baseline: string;
  /** Which requests are explained: a JMESPath expression of 1 to 64 characters. @default - every request */
  readonly when?: string;
  /** Names of the features, in the order of the columns, 1 to 256. @default - their numbers */
  readonly featureHeaders?: string[];
  /** Rows that are asked for each explanation: at least 1; more is slower and more exact. @default - Clarify chooses */
  readonly samples?: number;
  /** A whole number that makes explanations repeatable. @default - none */
  readonly seed?: number;
  /** Whether values are in log-odds, for models that give probabilities. @default false */
  readonly logit?: boolean;
  /** Column of the probability in the model's CSV output, from 0. @default - the whole output */
  readonly probabilityIndex?: number;
}

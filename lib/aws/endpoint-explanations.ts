/**
 * Shapley values beside every prediction, computed by SageMaker Clarify, which asks the model many times for each.
 * The model must take `text/csv`: flat numeric features.
 */
export interface EndpointExplanations {
  /** A row of feature values, as CSV, that stands for "nothing known", such as the means of the training data. */
  readonly baseline: string;
  /** Which requests are explained: a JMESPath expression of at most 64 characters. @default - every request */
  readonly when?: string;
  /** Names of the features, in the order of the columns. @default - their numbers */
  readonly featureHeaders?: string[];
  /** Rows that are asked for each explanation: more is slower and more exact. @default - Clarify chooses */
  readonly samples?: number;
  /** Makes explanations repeatable. @default - none */
  readonly seed?: number;
  /** Whether values are in log-odds, for models that give probabilities. @default false */
  readonly logit?: boolean;
  /** Column of the probability in the model's CSV output, from 0. @default - the whole output */
  readonly probabilityIndex?: number;
}

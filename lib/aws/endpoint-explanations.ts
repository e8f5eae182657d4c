/**
 * Settings for explanations: SageMaker Clarify returns Shapley values with every prediction. Clarify invokes the model
 * many times per explanation. The model must accept `text/csv` with flat numeric features.
 */
export interface EndpointExplanations {
  /**
   * Baseline for the Shapley values: one CSV row of feature values, 1 to 4096 characters. It represents an
   * uninformative input, such as the means of the training data.
   */
  readonly baseline: string;
  /** JMESPath expression that selects the requests to explain, 1 to 64 characters. @default - every request */
  readonly when?: string;
  /** Names of the features in column order, 1 to 256 names. @default - the column numbers */
  readonly featureHeaders?: string[];
  /**
   * Number of samples per explanation, at least 1. More samples are slower and more accurate.
   *
   * @default - Clarify chooses
   */
  readonly samples?: number;
  /** Integer seed that makes explanations reproducible. @default - none */
  readonly seed?: number;
  /** Whether Shapley values are in log-odds units, for models that return probabilities. @default false */
  readonly logit?: boolean;
  /** Zero-based index of the probability column in the model's CSV output. @default - the whole output */
  readonly probabilityIndex?: number;
}

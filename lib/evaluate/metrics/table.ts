import * as scores from './class-scores.js';
import * as classification from './classification.js';
import * as shapes from './cluster-shapes.js';
import * as clustering from './clustering.js';
import * as detection from './detection.js';
import * as entities from './entities.js';
import * as labelSets from './label-sets.js';
import * as ranking from './ranking.js';
import * as regression from './regression.js';

/** Metrics of each kind of data, by their names. Most names are those of scikit-learn. */
export const METRICS = {
  numbers: {
    mean_absolute_error: regression.meanAbsoluteError,
    mean_squared_error: regression.meanSquaredError,
    root_mean_squared_error: regression.rootMeanSquaredError,
    median_absolute_error: regression.medianAbsoluteError,
    max_error: regression.maxError,
    mean_absolute_percentage_error: regression.meanAbsolutePercentageError,
    mean_squared_log_error: regression.meanSquaredLogError,
    root_mean_squared_log_error: regression.rootMeanSquaredLogError,
    mean_poisson_deviance: regression.meanPoissonDeviance,
    mean_gamma_deviance: regression.meanGammaDeviance,
    r2: regression.r2,
    explained_variance: regression.explainedVariance,
  },
  labels: {
    accuracy: classification.accuracy,
    balanced_accuracy: classification.balancedAccuracy,
    precision_macro: classification.precisionMacro,
    recall_macro: classification.recallMacro,
    f1_macro: classification.f1Macro,
    jaccard_macro: classification.jaccardMacro,
    precision_weighted: classification.precisionWeighted,
    recall_weighted: classification.recallWeighted,
    f1_weighted: classification.f1Weighted,
    matthews_correlation: classification.matthewsCorrelation,
    cohen_kappa: classification.cohensKappa,
  },
  scores: {
    log_loss: scores.logLoss,
    brier_score: scores.brierScore,
    roc_auc: scores.rocAuc,
    roc_auc_weighted: scores.rocAucWeighted,
    average_precision: scores.averagePrecision,
    top_2_accuracy: scores.top2Accuracy,
  },
  clusters: {
    rand_index: clustering.randIndex,
    adjusted_rand_index: clustering.adjustedRandIndex,
    mutual_information: clustering.mutualInformation,
    homogeneity: clustering.homogeneity,
    completeness: clustering.completeness,
    v_measure: clustering.vMeasure,
    fowlkes_mallows: clustering.fowlkesMallows,
  },
  clusterShapes: {
    silhouette: shapes.silhouette,
    calinski_harabasz: shapes.calinskiHarabasz,
    davies_bouldin: shapes.daviesBouldin,
  },
  labelSets: {
    subset_accuracy: labelSets.subsetAccuracy,
    hamming_loss: labelSets.hammingLoss,
    f1_samples: labelSets.f1Samples,
    f1_micro: labelSets.f1Micro,
    f1_macro: labelSets.f1MacroOfSets,
  },
  labelScores: {
    label_ranking_average_precision: labelSets.labelRankingAveragePrecision,
    label_ranking_loss: labelSets.labelRankingLoss,
    coverage_error: labelSets.coverageError,
  },
  rankings: {
    ndcg: ranking.ndcg,
    ndcg_at_10: (data: ranking.Rankings) => ranking.ndcg(data, 10),
    mean_average_precision: ranking.meanAveragePrecision,
    mean_reciprocal_rank: ranking.meanReciprocalRank,
    recall_at_1: (data: ranking.Rankings) => ranking.recallAt(data, 1),
    recall_at_5: (data: ranking.Rankings) => ranking.recallAt(data, 5),
    recall_at_10: (data: ranking.Rankings) => ranking.recallAt(data, 10),
  },
  entities: {
    entity_f1: entities.entityF1,
    entity_f1_macro: entities.entityF1Macro,
    entity_precision: entities.entityPrecision,
    entity_recall: entities.entityRecall,
  },
  objects: {
    map: detection.meanAveragePrecisionOfObjects,
    map_50: detection.meanAveragePrecision50,
    map_75: detection.meanAveragePrecision75,
    mar_100: detection.meanAverageRecall,
  },
} as const;

/** Metrics that are lower for better models. Of all others, higher is better. */
export const LOSSES: ReadonlySet<string> = new Set([
  'mean_absolute_error',
  'mean_squared_error',
  'root_mean_squared_error',
  'median_absolute_error',
  'max_error',
  'mean_absolute_percentage_error',
  'mean_squared_log_error',
  'root_mean_squared_log_error',
  'mean_poisson_deviance',
  'mean_gamma_deviance',
  'log_loss',
  'brier_score',
  'davies_bouldin',
  'hamming_loss',
  'label_ranking_loss',
  'coverage_error',
]);

/** Kind of data that a metric takes. */
export type MetricKind = keyof typeof METRICS;

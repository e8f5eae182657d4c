import type { Label } from './classification.js';

/** Classes and clusters of a data set. Their names need not be the same. */
export interface Clusters {
  readonly expected: readonly Label[];
  readonly predicted: readonly Label[];
}

/** Numbers of rows by class, by cluster, and by both. */
interface Contingency {
  readonly rows: number;
  readonly classes: readonly number[];
  readonly clusters: readonly number[];
  readonly cells: readonly { readonly count: number; readonly inClass: number; readonly inCluster: number }[];
}

function contingencyOf({ expected, predicted }: Clusters): Contingency {
  const classes = new Map<Label, number>();
  const clusters = new Map<Label, number>();
  const cells = new Map<Label, Map<Label, number>>();
  for (const [row, label] of expected.entries()) {
    const cluster = predicted[row]!;
    classes.set(label, (classes.get(label) ?? 0) + 1);
    clusters.set(cluster, (clusters.get(cluster) ?? 0) + 1);
    const ofClass = cells.get(label) ?? new Map<Label, number>();
    cells.set(label, ofClass.set(cluster, (ofClass.get(cluster) ?? 0) + 1));
  }
  return {
    rows: expected.length,
    classes: [...classes.values()],
    clusters: [...clusters.values()],
    cells: [...cells].flatMap(([label, ofClass]) =>
      [...ofClass].map(([cluster, count]) => ({
        count,
        inClass: classes.get(label)!,
        inCluster: clusters.get(cluster)!,
      })),
    ),
  };
}

/** Information that classes and clusters share, in nats. */
export function mutualInformation(clusters: Clusters): number {
  return sharedInformation(contingencyOf(clusters));
}

function sharedInformation({ rows, cells }: Contingency): number {
  const information = cells.reduce(
    (sum, { count, inClass, inCluster }) => sum + (count / rows) * Math.log((count * rows) / (inClass * inCluster)),
    0,
  );
  return Math.max(0, information);
}

function entropy(counts: readonly number[], rows: number): number {
  return -counts.reduce((sum, count) => sum + (count / rows) * Math.log(count / rows), 0);
}

/** Share of the information on classes that the clusters have. 1 if every cluster has rows of one class. */
export function homogeneity(clusters: Clusters): number {
  const contingency = contingencyOf(clusters);
  const possible = entropy(contingency.classes, contingency.rows);
  return possible === 0 ? 1 : sharedInformation(contingency) / possible;
}

/** Share of the information on clusters that the classes have. 1 if the rows of every class are in one cluster. */
export function completeness({ expected, predicted }: Clusters): number {
  return homogeneity({ expected: predicted, predicted: expected });
}

/** Harmonic mean of homogeneity and completeness, which is also the normalized mutual information. */
export function vMeasure(clusters: Clusters): number {
  const [one, other] = [homogeneity(clusters), completeness(clusters)];
  return one + other === 0 ? 0 : (2 * one * other) / (one + other);
}

/** Pairs of rows, by whether they have the same class and the same cluster. Each pair counts twice. */
function pairsOf(clusters: Clusters) {
  const { rows, classes, clusters: groups, cells } = contingencyOf(clusters);
  const squares = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count ** 2, 0);
  const both = squares(cells.map(({ count }) => count));
  return {
    together: both - rows,
    onlyInClass: squares(classes) - both,
    onlyInCluster: squares(groups) - both,
    apart: rows ** 2 - squares(classes) - squares(groups) + both,
  };
}

/** Share of the pairs of rows on which classes and clusters agree. */
export function randIndex(clusters: Clusters): number {
  const { together, onlyInClass, onlyInCluster, apart } = pairsOf(clusters);
  const all = together + onlyInClass + onlyInCluster + apart;
  return all === 0 ? 1 : (together + apart) / all;
}

/** Rand index beyond that of chance. */
export function adjustedRandIndex(clusters: Clusters): number {
  const { together, onlyInClass, onlyInCluster, apart } = pairsOf(clusters);
  if (onlyInClass === 0 && onlyInCluster === 0) return 1;
  return (
    (2 * (together * apart - onlyInClass * onlyInCluster)) /
    ((together + onlyInClass) * (onlyInClass + apart) + (together + onlyInCluster) * (onlyInCluster + apart))
  );
}

/** Geometric mean of precision and recall over pairs of rows. */
export function fowlkesMallows(clusters: Clusters): number {
  const { together, onlyInClass, onlyInCluster } = pairsOf(clusters);
  if (together === 0) return 0;
  return Math.sqrt(together / (together + onlyInClass)) * Math.sqrt(together / (together + onlyInCluster));
}

import type { Label } from './classification.js';

/** Clusters of rows, with the features that they were made from. */
export interface ClusterShapes {
  readonly features: readonly (readonly number[])[];
  readonly predicted: readonly Label[];
}

/** Rows of a cluster. */
interface Cluster {
  readonly rows: readonly (readonly number[])[];
  readonly center: readonly number[];
}

/** Returns the clusters. Undefined if all rows have one cluster or each row has its own, as shapes then say nothing. */
function clustersOf({ features, predicted }: ClusterShapes): readonly Cluster[] | undefined {
  const rows = new Map<Label, (readonly number[])[]>();
  for (const [row, label] of predicted.entries()) {
    const own = rows.get(label);
    if (own) own.push(features[row]!);
    else rows.set(label, [features[row]!]);
  }
  if (rows.size < 2 || rows.size >= predicted.length) return undefined;
  return [...rows.values()].map((own) => ({ rows: own, center: centerOf(own) }));
}

function centerOf(rows: readonly (readonly number[])[]): number[] {
  return rows[0]!.map((_, column) => rows.reduce((sum, row) => sum + row[column]!, 0) / rows.length);
}

function squaredDistance(one: readonly number[], other: readonly number[]): number {
  let sum = 0;
  for (let column = 0; column < one.length; column++) sum += (one[column]! - other[column]!) ** 2;
  return sum;
}

function distance(one: readonly number[], other: readonly number[]): number {
  return Math.sqrt(squaredDistance(one, other));
}

/**
 * Mean over the rows of how much nearer a row is to its cluster than to the nearest other one, from -1 to 1. Takes time that
 * grows with the square of the number of rows.
 */
export function silhouette(shapes: ClusterShapes): number {
  const clusters = clustersOf(shapes);
  if (!clusters) return Number.NaN;
  let sum = 0;
  for (const own of clusters) {
    // The only row of a cluster has the silhouette 0.
    if (own.rows.length > 1) for (const row of own.rows) sum += silhouetteOf(row, own, clusters);
  }
  return sum / shapes.predicted.length;
}

function silhouetteOf(row: readonly number[], own: Cluster, clusters: readonly Cluster[]): number {
  let inside = 0;
  let nearest = Number.POSITIVE_INFINITY;
  for (const cluster of clusters) {
    let total = 0;
    for (const other of cluster.rows) total += distance(row, other);
    if (cluster === own) inside = total / (own.rows.length - 1);
    else nearest = Math.min(nearest, total / cluster.rows.length);
  }
  const larger = Math.max(inside, nearest);
  return larger === 0 ? 0 : (nearest - inside) / larger;
}

/** Dispersion between the clusters relative to that within them. */
export function calinskiHarabasz(shapes: ClusterShapes): number {
  const clusters = clustersOf(shapes);
  if (!clusters) return Number.NaN;
  const center = centerOf(shapes.features);
  let between = 0;
  let within = 0;
  for (const cluster of clusters) {
    between += cluster.rows.length * squaredDistance(cluster.center, center);
    for (const row of cluster.rows) within += squaredDistance(row, cluster.center);
  }
  if (within === 0) return 1;
  return (between * (shapes.predicted.length - clusters.length)) / (within * (clusters.length - 1));
}

/** Largest size or distance that scikit-learn takes as 0. */
const NO_DISTANCE = 1e-8;

/** Mean over the clusters of their size relative to the distance of the most similar other cluster. Lower is better. */
export function daviesBouldin(shapes: ClusterShapes): number {
  const clusters = clustersOf(shapes);
  if (!clusters) return Number.NaN;
  const sizes = clusters.map(
    ({ rows, center }) => rows.reduce((sum, row) => sum + distance(row, center), 0) / rows.length,
  );
  const distances = clusters.map(({ center }) => clusters.map((other) => distance(center, other.center)));
  const isNone = (values: readonly number[]) => values.every((value) => value <= NO_DISTANCE);
  if (isNone(sizes) || isNone(distances.flat())) return 0;
  const similarities = distances.map((row, one) =>
    Math.max(...row.map((apart, other) => (apart === 0 ? 0 : (sizes[one]! + sizes[other]!) / apart))),
  );
  return similarities.reduce((sum, each) => sum + each, 0) / clusters.length;
}

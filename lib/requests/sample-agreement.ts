import { differenceBetween } from '@modelship/runtime/serve';
import { MetricsBuilder, type OutputMetrics } from '../evaluate/metrics.js';
import { type SampleRequest, sampleInputs, sampleTensors } from '../pack/index.js';
import type { Predictor } from './predictor.js';

/** How the predictions for samples agree with the expected ones. */
export interface SampleAgreement {
  readonly samples: number;
  /** Number of samples whose responses are entirely within the tolerance. */
  readonly agreeing: number;
  /** Descriptions of the first samples that differ. */
  readonly differences: readonly string[];
  readonly metrics: readonly OutputMetrics[];
}

/** Most samples whose differences are described. */
export const SHOWN_DIFFERENCES = 5;

/** Sends each sample to a model, and compares its predictions with the expected ones as a replica does when it starts. */
export async function sampleAgreement(
  predictor: Predictor,
  requests: readonly SampleRequest[],
): Promise<SampleAgreement> {
  const metrics = new Map<string, MetricsBuilder>();
  const differences: string[] = [];
  let agreeing = 0;
  for (const { place, inputs, expected = {} } of requests) {
    const outputs = await predictor.predict(sampleInputs(inputs, predictor.signature, place));
    let difference: string | undefined;
    for (const wanted of sampleTensors(expected, predictor.signature.outputs, place, true)) {
      const got = outputs.find(({ name }) => name === wanted.name)!;
      difference ??= differenceBetween(got, wanted, predictor.tolerance);
      if (got.data.length !== wanted.data.length) continue;
      if (!metrics.has(wanted.name)) metrics.set(wanted.name, new MetricsBuilder(wanted.name));
      metrics.get(wanted.name)!.add(got, wanted);
    }
    if (difference === undefined) agreeing++;
    else if (differences.length < SHOWN_DIFFERENCES) differences.push(`${place}: ${difference}`);
  }
  return {
    samples: requests.length,
    agreeing,
    differences,
    metrics: [...metrics.values()].map((each) => each.finish()),
  };
}

/** Environment variable from which a stack reads the share of the new version while `modelship release` deploys it. */
export const RELEASE_VARIABLE = 'MODELSHIP_RELEASE_PERCENT';

/** Share that completes a release, in percent. */
const ALL = 100;

/**
 * Share of the traffic that `modelship release` gives the new version in the current deployment, in percent from 0 to
 * 100. Without a release it is 100, so that a deployment by hand replaces the earlier version.
 *
 * @throws Error if the variable `MODELSHIP_RELEASE_PERCENT` is not a whole number from 0 to 100
 *
 * @example
 * ```ts
 * import { Model, Rollout, releasePercent } from 'modelship';
 * import { ManagedEndpointModel } from 'modelship/gcp';
 *
 * const percent = releasePercent();
 * new ManagedEndpointModel(stack, 'Iris', {
 *   model,
 *   region: 'europe-west4',
 *   ...(percent < 100 && {
 *     rollout: Rollout.canary({ percent }),
 *     stableModel: Model.fromDirectory('models/iris-1'),
 *   }),
 * });
 * ```
 */
export function releasePercent(): number {
  const text = process.env[RELEASE_VARIABLE];
  if (text === undefined) return ALL;
  if (/^\d{1,3}$/.test(text) && Number(text) <= ALL) return Number(text);
  throw new Error(
    `${RELEASE_VARIABLE} must be a whole number from 0 to 100, got "${text}". \`modelship release\` sets it; remove it otherwise.`,
  );
}

/**
 * Address of the new version during a canary rollout, whatever its share of the traffic. Requests to it never reach the
 * stable version. Callers authenticate as at the endpoint itself.
 */
export interface CanaryAddress {
  /** URL of the new version, or of both versions if `headers` select one. */
  readonly url: string;
  /** Headers that select the new version. @default - the URL alone does */
  readonly headers?: { readonly [name: string]: string };
}

/** Counter of the requests, by `status`. */
export const REQUESTS_TOTAL = 'modelship_requests_total';
/** Histogram of the latency. */
export const REQUEST_SECONDS = 'modelship_request_seconds';

/** Gauge of the requests that are queued or running. */
export const QUEUE_DEPTH = 'modelship_queue_depth';

/** Statuses of server errors. */
export const SERVER_ERROR = /5../;

/** Advice for the latency alarm. */
export const LATENCY_ADVICE = 'Raise `maxReplicas`, or give the pods more CPU.';

/** Returns a PromQL query for the p99 latency, in seconds, of the series with these labels. */
export function latencyQuery(labels: { readonly [name: string]: string }): string {
  return `histogram_quantile(0.99, sum by (le) (rate(${REQUEST_SECONDS}_bucket${selector(labels)}[5m])))`;
}

/** Returns a PromQL query for the share of requests that failed with a 5xx. */
export function failureQuery(labels: { readonly [name: string]: string }): string {
  const all = `sum(rate(${REQUESTS_TOTAL}${selector(labels)}[5m]))`;
  return `sum(rate(${REQUESTS_TOTAL}${selector({ ...labels, status: SERVER_ERROR })}[5m])) / ${all}`;
}

/** Returns a label selector of PromQL. */
export function selector(labels: { readonly [name: string]: string | RegExp }): string {
  const terms = Object.entries(labels).map(([name, value]) =>
    value instanceof RegExp ? `${name}=~"${value.source}"` : `${name}="${value}"`,
  );
  return terms.length === 0 ? '' : `{${terms.join(',')}}`;
}

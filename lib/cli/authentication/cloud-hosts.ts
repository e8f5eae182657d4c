/** Default authentication method of an endpoint. */
export type CloudIdentity =
  | { readonly provider: 'aws'; readonly service: string; readonly region: string }
  | { readonly provider: 'google'; readonly token: 'identity' | 'access' }
  | { readonly provider: 'entra'; readonly resource: string };

/** A service of a cloud, recognized from the host name of its URL. */
export interface CloudHost {
  readonly identity: CloudIdentity;
  /** Whether the service forwards only predictions, so that the model's metadata is not accessible. */
  readonly isManaged: boolean;
}

interface HostPattern {
  readonly pattern: RegExp;
  readonly host: (region: string) => CloudHost;
}

const AWS_SUFFIX = String.raw`\.(?:vpce\.)?amazonaws\.com(?:\.cn)?$`;

function aws(service: string, isManaged = false): HostPattern['host'] {
  return (region) => ({ identity: { provider: 'aws', service, region }, isManaged });
}

/** Host names of the services that the constructs create. The first group of a pattern is the region. */
const HOSTS: readonly HostPattern[] = [
  { pattern: new RegExp(String.raw`\.execute-api\.([a-z0-9-]+)${AWS_SUFFIX}`), host: aws('execute-api') },
  { pattern: /\.lambda-url\.([a-z0-9-]+)\.on\.aws$/, host: aws('lambda') },
  {
    pattern: new RegExp(String.raw`(?:^|\.)runtime\.sagemaker\.([a-z0-9-]+)${AWS_SUFFIX}`),
    host: aws('sagemaker', true),
  },
  {
    pattern: /\.run\.app$/,
    host: () => ({ identity: { provider: 'google', token: 'identity' }, isManaged: false }),
  },
  {
    pattern: /(?:-aiplatform\.googleapis\.com|\.prediction\.vertexai\.goog)$/,
    host: () => ({ identity: { provider: 'google', token: 'access' }, isManaged: true }),
  },
  {
    pattern: /\.inference\.ml\.azure\.com$/,
    host: () => ({ identity: { provider: 'entra', resource: 'https://ml.azure.com' }, isManaged: true }),
  },
];

/**
 * Finds the cloud service of `url`. Returns undefined for plain HTTP, because credentials are sent automatically only
 * over HTTPS.
 */
export function cloudHost(url: URL): CloudHost | undefined {
  if (url.protocol !== 'https:') return undefined;
  for (const { pattern, host } of HOSTS) {
    const match = pattern.exec(url.hostname);
    if (match) return host(match[1] ?? '');
  }
  return undefined;
}

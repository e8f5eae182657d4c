// The identity of the host, as each cloud's metadata server tells it. Both addresses are fixed by the cloud.

const GOOGLE = 'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token';
const AZURE = 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01';
const AZURE_RESOURCE = 'resource=https%3A%2F%2Fstorage.azure.com%2F';

/** Asks Google's metadata server for the header that proves the host's service account. */
export async function googleHeaders(): Promise<Record<string, string>> {
  return bearer(await token(GOOGLE, { 'metadata-flavor': 'Google' }));
}

/** Asks Azure for the header that proves the host's managed identity. */
export async function azureHeaders(): Promise<Record<string, string>> {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: secret, AZURE_CLIENT_ID: client } = process.env;
  const identity = client === undefined ? '' : `&client_id=${encodeURIComponent(client)}`;
  // App Service, Functions and Container Apps have an endpoint of their own; virtual machines and AKS nodes the common one.
  const url = endpoint
    ? `${endpoint}?api-version=2019-08-01&${AZURE_RESOURCE}${identity}`
    : `${AZURE}&${AZURE_RESOURCE}${identity}`;
  const headers: Record<string, string> = endpoint ? { 'x-identity-header': secret ?? '' } : { metadata: 'true' };
  // The version from which blobs take a token.
  return { ...bearer(await token(url, headers)), 'x-ms-version': '2021-12-02' };
}

async function token(url: string, headers: Record<string, string>): Promise<string> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`the metadata server answered ${response.status}`);
  return ((await response.json()) as { access_token: string }).access_token;
}

function bearer(value: string): Record<string, string> {
  return { authorization: `Bearer ${value}` };
}

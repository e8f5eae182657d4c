import { readFile } from 'node:fs/promises';

// Tokens for the identity of the host, from the metadata server of each cloud. The clouds fix both default addresses.
// The variables that override them are those of the clouds' own libraries.

const GOOGLE_PATH = '/computeMetadata/v1/instance/service-accounts/default/token';
const AZURE_PATH = '/metadata/identity/oauth2/token?api-version=2018-02-01';
const AZURE_RESOURCE = 'resource=https%3A%2F%2Fstorage.azure.com%2F';

/** Fetches a token for the host's service account from Google's metadata server, as request headers. */
export async function googleHeaders(): Promise<Record<string, string>> {
  const host = process.env.GCE_METADATA_HOST ?? 'metadata.google.internal';
  return bearer(await token(`http://${host}${GOOGLE_PATH}`, { headers: { 'metadata-flavor': 'Google' } }));
}

/** Fetches a token for the host's managed identity, or for the pod's workload identity in AKS, as request headers. */
export async function azureHeaders(): Promise<Record<string, string>> {
  // Blob Storage accepts bearer tokens only with an explicit API version.
  return { ...bearer((await workloadToken()) ?? (await managedIdentityToken())), 'x-ms-version': '2021-12-02' };
}

/**
 * Exchanges the service-account token that AKS mounts into a pod for an Entra ID token. Returns undefined if none is
 * mounted.
 */
async function workloadToken(): Promise<string | undefined> {
  const { AZURE_FEDERATED_TOKEN_FILE: file, AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client } = process.env;
  if (file === undefined || tenant === undefined || client === undefined) return undefined;
  const authority = process.env.AZURE_AUTHORITY_HOST ?? 'https://login.microsoftonline.com/';
  return token(new URL(`${tenant}/oauth2/v2.0/token`, authority).href, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client,
      scope: 'https://storage.azure.com/.default',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      // Read on every call, because AKS rotates the file before the token expires.
      client_assertion: (await readFile(file, 'utf8')).trim(),
    }),
  });
}

function managedIdentityToken(): Promise<string> {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: secret, AZURE_CLIENT_ID: client } = process.env;
  const identity = client === undefined ? '' : `&client_id=${encodeURIComponent(client)}`;
  // App Service, Functions and Container Apps provide their own endpoint. Virtual machines use the common one.
  const common = process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST ?? 'http://169.254.169.254';
  const question = endpoint ? `${endpoint}?api-version=2019-08-01` : `${common}${AZURE_PATH}`;
  const url = `${question}&${AZURE_RESOURCE}${identity}`;
  const headers: Record<string, string> = endpoint ? { 'x-identity-header': secret ?? '' } : { metadata: 'true' };
  return token(url, { headers });
}

async function token(url: string, request: RequestInit): Promise<string> {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`the metadata server answered ${response.status}`);
  return ((await response.json()) as { access_token: string }).access_token;
}

function bearer(value: string): Record<string, string> {
  return { authorization: `Bearer ${value}` };
}

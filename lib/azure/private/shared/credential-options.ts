import type { Access } from '../../../serving/access.js';
import { bearer, header } from '../../../serving/predict-command.js';
import type { EntraApplication } from './entra-application.js';

/**
 * Options of curl that send an Entra ID token, which the Azure CLI gets.
 *
 * @param resource client id of an application, or URL of an Azure service
 */
export function entraToken(resource: string): readonly string[] {
  return bearer(`$(az account get-access-token --resource ${resource} --query accessToken -o tsv)`);
}

/**
 * Options of curl that add the credential of `access`. Secrets are read from environment variables.
 *
 * @param application application that callers get tokens for; set with `Access.cloudIdentity()`
 */
export function credentialOptions({ kind }: Access, application: EntraApplication | undefined): readonly string[] {
  if (application) return entraToken(application.clientId);
  if (kind === 'apiKey') return header('x-functions-key', '$API_KEY');
  return kind === 'jwt' ? bearer('$TOKEN') : [];
}

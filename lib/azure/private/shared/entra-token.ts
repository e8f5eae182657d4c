import { bearer } from '../../../serving/predict-command.js';

/**
 * Options of curl that send an Entra ID token, which the Azure CLI gets.
 *
 * @param resource client id of an application, or URL of an Azure service
 */
export function entraToken(resource: string): readonly string[] {
  return bearer(`$(az account get-access-token --resource ${resource} --query accessToken -o tsv)`);
}

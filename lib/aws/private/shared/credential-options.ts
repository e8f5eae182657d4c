import type { Access } from '../../../serving/access.js';
import { bearer, header } from '../../../serving/predict-command.js';

/** Options of curl that sign a request for `service`, with the credentials of the AWS environment variables. */
export function signatureOptions(region: string, service: string): readonly string[] {
  return [
    `--aws-sigv4 'aws:amz:${region}:${service}'`,
    '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    // curl signs an empty header but does not send it. The option is one word, because zsh does not split expansions.
    `\${AWS_SESSION_TOKEN:+"-Hx-amz-security-token: $AWS_SESSION_TOKEN"}`,
  ];
}

/** Options of curl that add the credential of `access`. Secrets are read from environment variables. */
export function credentialOptions({ kind }: Access, region: string, service: string): readonly string[] {
  switch (kind) {
    case 'cloudIdentity':
      return signatureOptions(region, service);
    case 'apiKey':
      return header('x-api-key', '$API_KEY');
    case 'jwt':
      return bearer('$TOKEN');
    case 'anonymous':
      return [];
  }
}

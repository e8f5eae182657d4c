import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandFailure } from '../failure.js';
import type { Authenticator } from './authenticator.js';
import { type CloudIdentity, cloudHost } from './cloud-hosts.js';

export type { Authenticator, UnsignedRequest } from './authenticator.js';
export { cloudHost } from './cloud-hosts.js';

export interface AuthenticationFlags {
  readonly aws?: boolean;
  readonly google?: boolean;
  readonly entra?: string;
  readonly apiKey?: string;
}

/** Authentication of the requests to one endpoint. */
export interface Authentication {
  readonly authenticate: Authenticator;
  /** Explains how to authenticate, for callers that the endpoint rejects. */
  readonly hint: () => string;
}

const SCHEMES = ['aws', 'google', 'entra'] as const;

/** Adds the options that select how requests are authenticated. */
export function withAuthenticationOptions(command: Command): Command {
  const option = (scheme: (typeof SCHEMES)[number], flags: string, description: string) =>
    new Option(flags, description).conflicts(SCHEMES.filter((other) => other !== scheme));
  return command
    .addOption(
      option(
        'aws',
        '--aws',
        'sign requests with AWS Signature Version 4 (default for URLs of API Gateway, Lambda and SageMaker)',
      ),
    )
    .addOption(
      option('google', '--google', 'send a Google token from gcloud (default for URLs of Cloud Run and Vertex AI)'),
    )
    .addOption(
      option(
        'entra',
        '--entra <resource>',
        'send a Microsoft Entra token from az for this application or resource (default for URLs of Azure ML)',
      ).argParser(resource),
    )
    .addOption(new Option('--api-key <key>', 'API key to send as x-api-key').env('MODELSHIP_API_KEY'));
}

/**
 * Selects how requests to `url` are authenticated: by the flags, or else as the cloud service of the URL requires. An
 * `authorization` header from the user takes precedence.
 *
 * @throws CommandFailure
 */
export async function authentication(
  url: URL,
  flags: AuthenticationFlags,
  headers: Readonly<Record<string, string>>,
): Promise<Authentication> {
  const withKey = (request: Parameters<Authenticator>[0]) => ({
    ...request.headers,
    ...(flags.apiKey !== undefined && { 'x-api-key': flags.apiKey }),
  });
  const requested = requestedIdentity(url, flags);
  const identity = requested ?? (headers.authorization === undefined ? cloudHost(url)?.identity : undefined);
  if (!identity) return { authenticate: async (request) => withKey(request), hint: () => HINT };
  const authenticator = await authenticatorFor(identity);
  let failure: string | undefined;
  return {
    hint: () => (failure === undefined ? HINT : ` Requests were not authenticated: ${failure}. ${HINT}`),
    async authenticate(request) {
      const keyed = { ...request, headers: withKey(request) };
      // An endpoint may be public or require an API key. The request is sent without credentials, unless the flags
      // require them.
      if (failure !== undefined) return keyed.headers;
      try {
        return await authenticator(keyed);
      } catch (error) {
        failure = (error as Error).message.replace(/\.$/, '');
        if (requested)
          throw new CommandFailure('NO_CREDENTIALS', `${NAMES[identity.provider]} credentials: ${failure}.`);
        return keyed.headers;
      }
    },
  };
}

/** Validates a resource. On Windows a shell runs `az`, so shell special characters are rejected. */
function resource(value: string): string {
  if (/^[\w.:/@-]+$/.test(value)) return value;
  throw new InvalidArgumentError('Write the client ID of an application or the URL of a resource.');
}

const HINT =
  'Authenticate with --aws, --google, --entra RESOURCE or --api-key KEY, or pass a header, such as ' +
  '`--header "authorization: Bearer TOKEN"`.';

const NAMES: Readonly<Record<CloudIdentity['provider'], string>> = {
  aws: 'AWS',
  google: 'Google Cloud',
  entra: 'Microsoft Entra',
};

function requestedIdentity(url: URL, flags: AuthenticationFlags): CloudIdentity | undefined {
  const known = cloudHost(url)?.identity;
  if (flags.aws) return known?.provider === 'aws' ? known : customDomainOfApiGateway();
  if (flags.google) return known?.provider === 'google' ? known : { provider: 'google', token: 'identity' };
  if (flags.entra !== undefined) return { provider: 'entra', resource: flags.entra };
  return undefined;
}

/** Returns the identity for a custom domain, whose host name does not contain the region. */
function customDomainOfApiGateway(): CloudIdentity {
  const region = process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (region === undefined) {
    throw new CommandFailure(
      'REGION_UNKNOWN',
      '--aws: the URL names no region. Set AWS_REGION to the region of the API.',
    );
  }
  return { provider: 'aws', service: 'execute-api', region };
}

async function authenticatorFor(identity: CloudIdentity): Promise<Authenticator> {
  switch (identity.provider) {
    case 'aws':
      return (await import('./aws-signature.js')).awsSignature(identity.service, identity.region);
    case 'google':
      return (await import('./access-tokens.js')).googleToken(identity.token);
    case 'entra':
      return (await import('./access-tokens.js')).entraToken(identity.resource);
  }
}

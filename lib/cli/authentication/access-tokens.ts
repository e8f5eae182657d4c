import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Authenticator, UnsignedRequest } from './authenticator.js';

const run = promisify(execFile);

/** Whether to run commands in a shell. On Windows both command-line tools are scripts, which only a shell can run. */
const SHELL = process.platform === 'win32';

/** Adds a Google token of the account that is logged in to `gcloud`. */
export function googleToken(token: 'identity' | 'access'): Authenticator {
  return bearer(({ url }) => (token === 'identity' ? identityToken(url.origin) : gcloud(['print-access-token'])));
}

/** Adds a Microsoft Entra token for `resource`, of the account that is logged in to `az`. */
export function entraToken(resource: string): Authenticator {
  return bearer(() =>
    output(
      'az',
      ['account', 'get-access-token', '--resource', resource, '--query', 'accessToken', '-o', 'tsv'],
      'az login',
    ),
  );
}

/** Start of the URL of one revision of a Cloud Run service by its tag. */
const TAG = /^https:\/\/[a-z][a-z0-9-]*---/;

/**
 * Fetches an identity token. Its audience is the URL of the service, for the URL of a tag too:
 * https://docs.cloud.google.com/run/docs/authenticating/service-to-service. `gcloud` accepts an audience only for service accounts, and Cloud Run requires it only
 * from them.
 */
async function identityToken(audience: string): Promise<string> {
  try {
    return await gcloud(['print-identity-token', `--audiences=${audience.replace(TAG, 'https://')}`]);
  } catch (error) {
    if (!(error as Error).message.includes('Invalid account')) throw error;
    return gcloud(['print-identity-token']);
  }
}

function gcloud(args: readonly string[]): Promise<string> {
  return output('gcloud', ['auth', ...args], 'gcloud auth login');
}

/** Milliseconds that a token is reused. Tokens are valid for about an hour, and fetching one starts a process. */
const REUSE_MILLISECONDS = 5 * 60 * 1000;

function bearer(fetchToken: (request: UnsignedRequest) => Promise<string>): Authenticator {
  let token: Promise<string> | undefined;
  let reuseUntil = 0;
  return async (request) => {
    if (token === undefined || performance.now() > reuseUntil) {
      token = fetchToken(request);
      reuseUntil = performance.now() + REUSE_MILLISECONDS;
    }
    return { ...request.headers, authorization: `Bearer ${await token}` };
  };
}

async function output(command: string, args: readonly string[], login: string): Promise<string> {
  try {
    const { stdout } = await run(command, [...args], { shell: SHELL });
    return stdout.trim();
  } catch (error) {
    const { code, stderr } = error as { code?: string | number; stderr?: string };
    if (code === 'ENOENT') throw new Error(`\`${command}\` is not installed or not on PATH`);
    throw new Error(`\`${command} ${args.slice(0, 2).join(' ')}\` failed: ${stderr?.trim()}. Log in with \`${login}\``);
  }
}

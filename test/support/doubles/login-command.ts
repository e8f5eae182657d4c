import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEPLOYER_TOKEN } from './kubernetes.js';

/**
 * Folder with a command that gives clients of Kubernetes the token of the identity that applies.
 *
 * @param usage arguments that the command accepts, as a pattern of the shell
 */
export function loginCommand(name: string, usage: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'commands-'));
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    kind: 'ExecCredential',
    status: { token: DEPLOYER_TOKEN },
  };
  const script = `#!/bin/sh
case "$*" in
  ${usage}) echo '${JSON.stringify(credential)}' ;;
  *) echo "${name}: wrong arguments: $*" >&2; exit 1 ;;
esac
`;
  writeFileSync(join(folder, name), script, { mode: 0o755 });
  return folder;
}

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How each tool that tests run, and that npm does not install, is installed. */
const INSTALL: Readonly<Record<string, string>> = {
  'cfn-lint': 'pip install cfn-lint',
  aws: 'pip install awscli',
  curl: 'apt-get install curl',
  unzip: 'apt-get install unzip',
  moto_server: "pip install 'moto[server]'",
  buildah: 'apt-get install buildah',
  debootstrap: 'apt-get install debootstrap',
  chromium: 'apt-get install chromium',
  cmake: 'apt-get install cmake',
  openssl: 'apt-get install openssl',
  terraform: 'see https://developer.hashicorp.com/terraform/install',
};

/**
 * The path of a command-line tool.
 *
 * @throws Error saying how to install it, so that a test never passes for want of its tool
 */
export function requireTool(name: string): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  throw new Error(`this test runs ${name}, which is not on PATH. Install it: ${INSTALL[name] ?? `see ${name}`}`);
}

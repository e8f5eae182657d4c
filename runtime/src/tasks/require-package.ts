import { createRequire } from 'node:module';
import { ModelPackageError } from '../manifest/index.js';

/**
 * Loads a package with native code on first use, because only models with a task need it.
 *
 * @param version version to install if it is missing
 * @param taken what models that need the package take
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` if the package cannot be loaded
 */
export function requirePackage<Package>(name: string, version: string, taken: string): Package {
  try {
    return createRequire(__filename)(name) as Package;
  } catch (error) {
    const [reason] = (error as Error).message.split('\n', 1);
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `models that take ${taken} need the npm package \`${name}\`, which cannot be loaded (${reason}). ` +
        `Install it beside the server with \`npm install ${name}@${version}\`.`,
    );
  }
}

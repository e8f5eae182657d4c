import { ModelPackageError } from './package-error.js';
import { identitySchema } from './schema.js';

/**
 * Checks the name and version of a model.
 *
 * @throws ModelPackageError `MANIFEST_INVALID` listing every problem
 */
export function checkIdentity(identity: { readonly name: string; readonly version: string }): void {
  const parsed = identitySchema.safeParse(identity);
  if (parsed.success) return;
  const faults = parsed.error.issues.map(({ path: [field], message }) => {
    return `${String(field)} ${JSON.stringify(identity[field as 'name' | 'version'])}: ${message}`;
  });
  throw new ModelPackageError('MANIFEST_INVALID', `the model cannot be served as asked: ${faults.join('; ')}.`);
}

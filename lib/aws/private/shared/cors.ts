import { ENVIRONMENT } from '@modelship/runtime/contract';

/**
 * Returns the CORS origins from the runtime's environment variables, or none if they are not set. Browsers send
 * preflight requests with OPTIONS and without credentials, and the runtime responds to them. Fronts must therefore
 * forward OPTIONS without authentication.
 */
export function corsOrigins(environment: { readonly [name: string]: string } = {}): readonly string[] {
  return environment[ENVIRONMENT.corsOrigins]?.split(',').map((origin) => origin.trim()) ?? [];
}

import { ENVIRONMENT } from '@modelship/runtime/contract';

/**
 * The origins whose pages may call from a browser; none unless the runtime has some. A browser first asks with OPTIONS and
 * without a credential, which the runtime answers: what stands in front must let that method through.
 */
export function corsOrigins(environment: { readonly [name: string]: string } = {}): readonly string[] {
  return environment[ENVIRONMENT.corsOrigins]?.split(',').map((origin) => origin.trim()) ?? [];
}

import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { isUrl } from '../store/open-store.js';
import { invalid } from '../tensor/errors.js';
import type { ModelRoot } from './model-entry.js';

/**
 * Resolves a location from which a caller wants to load a model. Callers may load only from locations that the operator
 * configured, and from below them. Any other location would give every caller the server's own permissions.
 *
 * @returns the location to read, with the query of the operator's URL, which may be a signature, and the digests of the
 * nearest configured location
 * @throws InferenceError `INVALID_ARGUMENT`, before any store is accessed
 */
export function allowedLocation(location: string, roots: readonly ModelRoot[]): ModelRoot {
  const below = isUrl(location) ? belowUrl(location) : belowFolder(location);
  const found = roots
    .flatMap((root) => {
      const place = below(root.location);
      return place === undefined ? [] : [{ root, place }];
    })
    .sort((one, other) => other.root.location.length - one.root.location.length)[0];
  if (found) return { location: found.place, digests: found.root.digests };
  throw invalid('models load only from the configured folders and URLs, and from paths below them');
}

/** Returns the location if it is at or below a root, otherwise undefined. */
type LocationMatcher = (root: string) => string | undefined;

function belowFolder(folder: string): LocationMatcher {
  const path = resolved(folder);
  return (root) => {
    const above = isUrl(root) ? undefined : resolved(root);
    if (path === undefined || above === undefined) return undefined;
    return `${path}${sep}`.startsWith(above === sep ? sep : above + sep) ? path : undefined;
  };
}

/** Resolves symbolic links; returns undefined if the folder does not exist. */
function resolved(folder: string): string | undefined {
  try {
    return realpathSync(folder);
  } catch {
    return undefined;
  }
}

function belowUrl(location: string): LocationMatcher {
  const url = URL.canParse(location) ? new URL(location) : undefined;
  // Reject encoded characters that a server may decode to slashes or dots after this comparison.
  if (!url || url.search || url.hash || /%2e|%2f|%5c|%00/i.test(url.pathname)) return () => undefined;
  return (root) => {
    if (!isUrl(root)) return undefined;
    const above = new URL(root);
    const query = above.search;
    above.search = '';
    if (!above.pathname.endsWith('/')) above.pathname += '/';
    return `${url.href}/`.startsWith(above.href) ? url.href + query : undefined;
  };
}

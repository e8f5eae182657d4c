import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { isUrl } from '../store/open-store.js';
import { invalid } from '../tensor/errors.js';
import type { ModelRoot } from './model-entry.js';

/**
 * Where callers may load models from: places that the operator named, and what lies below them. Anywhere else, the
 * server's own rights would be lent to whoever may call it.
 *
 * @returns the place as the store is to be asked, with the query of the operator's URL, which may be a signature, and
 * with the digests of the nearest place that he named
 * @throws InferenceError `INVALID_ARGUMENT`; nothing was asked then
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
  throw invalid('models are loaded from the folders and URLs that the server is configured with, and from those below');
}

/** Gives the place itself if it is at or below a root, else undefined. */
type Below = (root: string) => string | undefined;

function belowFolder(folder: string): Below {
  const path = resolved(folder);
  return (root) => {
    const above = isUrl(root) ? undefined : resolved(root);
    if (path === undefined || above === undefined) return undefined;
    return `${path}${sep}`.startsWith(above === sep ? sep : above + sep) ? path : undefined;
  };
}

/** Without symbolic links; undefined if there is no such folder. */
function resolved(folder: string): string | undefined {
  try {
    return realpathSync(folder);
  } catch {
    return undefined;
  }
}

function belowUrl(location: string): Below {
  const url = URL.canParse(location) ? new URL(location) : undefined;
  // What a server may take for a slash or for dots after this comparison is refused.
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

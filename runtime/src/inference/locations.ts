import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { isUrl } from '../store/open-store.js';
import { invalid } from './errors.js';

/**
 * Where callers may load models from: places that the operator named, and what lies below them. Anywhere else, the
 * server's own rights would be lent to whoever may call it.
 *
 * @returns the place as the store is to be asked, with the query of the operator's URL, which may be a signature
 * @throws InferenceError `INVALID_ARGUMENT`; nothing was asked then
 */
export function allowedLocation(location: string, roots: readonly string[]): string {
  const found = isUrl(location) ? allowedUrl(location, roots) : allowedFolder(location, roots);
  if (found !== undefined) return found;
  throw invalid('models are loaded from the folders and URLs that the server is configured with, and from those below');
}

function allowedFolder(folder: string, roots: readonly string[]): string | undefined {
  const path = resolved(folder);
  const isAllowed = roots.some((root) => {
    const above = isUrl(root) ? undefined : resolved(root);
    return path !== undefined && above !== undefined && `${path}${sep}`.startsWith(above === sep ? sep : above + sep);
  });
  return isAllowed ? path : undefined;
}

/** Without symbolic links; undefined if there is no such folder. */
function resolved(folder: string): string | undefined {
  try {
    return realpathSync(folder);
  } catch {
    return undefined;
  }
}

function allowedUrl(location: string, roots: readonly string[]): string | undefined {
  const url = URL.canParse(location) ? new URL(location) : undefined;
  // What a server may take for a slash or for dots after this comparison is refused.
  if (!url || url.search || url.hash || /%2e|%2f|%5c|%00/i.test(url.pathname)) return undefined;
  for (const root of roots.filter(isUrl).map((text) => new URL(text))) {
    const query = root.search;
    root.search = '';
    const above = root.href.endsWith('/') ? root.href : `${root.href}/`;
    if (`${url.href}/`.startsWith(above)) return url.href + query;
  }
  return undefined;
}

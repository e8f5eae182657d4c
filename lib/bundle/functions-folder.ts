import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Model } from '../model/model.js';
import { cachedFolder } from './cache-folder.js';
import { copyPackage } from './package-files.js';

/** Folder of the model package, relative to the function app, which is the working directory of the custom handler. */
export const FUNCTIONS_MODEL_FOLDER = 'model';

/** Name of the only function, which handles every route. */
const FUNCTION_NAME = 'serve';

/** Content of a function app. */
export interface FunctionsFolderOptions {
  /** Runtime for the platform, with `server.js` at its root. */
  readonly runtime: { readonly directory: string; readonly digest: string };
  readonly model: Model;
  /** Whether callers must send a key of the function app. */
  readonly keyRequired: boolean;
  /** Seconds after which the host times out a request. */
  readonly timeoutSeconds: number;
}

/** Folder to zip. */
export interface FunctionsFolder {
  readonly directory: string;
  /** 64 hexadecimal digits, the same for the same content. */
  readonly digest: string;
}

/**
 * Builds the folder of a function app that runs the runtime as a custom handler, once for each content: `host.json`, one
 * function for every route, the runtime and the model package.
 *
 * @throws Error if a file of the runtime or of the package cannot be read, or is not the one that the manifest describes
 */
export function functionsFolder(options: FunctionsFolderOptions): FunctionsFolder {
  const texts = { 'host.json': hostJson(options), [`${FUNCTION_NAME}/function.json`]: functionJson(options) };
  const digest = createHash('sha256')
    .update(JSON.stringify([options.runtime.digest, options.model.deployedDigest, texts]))
    .digest('hex');
  return { directory: cachedFolder('functions', digest, (folder) => fill(folder, options, texts)), digest };
}

function fill(folder: string, { runtime, model }: FunctionsFolderOptions, texts: { [path: string]: string }): void {
  cpSync(runtime.directory, folder, { recursive: true, dereference: true });
  copyPackage(model, join(folder, FUNCTIONS_MODEL_FOLDER));
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function hostJson({ timeoutSeconds }: FunctionsFolderOptions): string {
  return JSON.stringify(
    {
      version: '2.0',
      functionTimeout: new Date(timeoutSeconds * 1000).toISOString().slice(11, 19),
      // Without this the host adds the prefix `/api`, which is not part of the runtime's routes.
      extensions: { http: { routePrefix: '' } },
      customHandler: {
        description: { defaultExecutablePath: 'node', arguments: ['server.js'] },
        enableForwardingHttpRequest: true,
      },
    },
    null,
    2,
  );
}

function functionJson({ keyRequired }: FunctionsFolderOptions): string {
  return JSON.stringify(
    {
      bindings: [
        {
          type: 'httpTrigger',
          direction: 'in',
          name: 'request',
          authLevel: keyRequired ? 'function' : 'anonymous',
          route: '{*path}',
        },
        { type: 'http', direction: 'out', name: 'response' },
      ],
    },
    null,
    2,
  );
}

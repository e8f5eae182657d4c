import { describeTensors } from './describe-tensors.js';
import type { Manifest, ManifestTensor } from './schema.js';
import { TENSORS_SIGNATURE } from './task.js';

/** Name of the signature whose requests and responses have headers. Protocols that pass these on use it. */
export const REQUEST_SIGNATURE = 'request';

const strings = (name: string): ManifestTensor => ({ name, datatype: 'BYTES', shape: [-1] });

/**
 * Signatures of a handler. By default, it gets the body of each request alone. `request` and `response` are JSON objects,
 * which `modelship_worker/requests.py` describes.
 */
export const HANDLER_SIGNATURES = {
  serving_default: { inputs: [strings('body')], outputs: [strings('body')] },
  [REQUEST_SIGNATURE]: {
    inputs: [strings('body'), strings('request')],
    outputs: [strings('body'), strings('response')],
  },
} as const satisfies Record<string, { inputs: ManifestTensor[]; outputs: ManifestTensor[] }>;

/** Returns the faults of a package's handler, each with the field it concerns. */
export function handlerFaults(manifest: Manifest): string[] {
  const { format, handler, files, inputs, outputs, signatures = {} } = manifest;
  if (!handler) return format === 'handler' ? ['handler: is missing, and the format handler needs it'] : [];
  const faults: string[] = [];
  if (format !== 'handler') faults.push(`handler: must be absent for the format ${format}`);
  const { model } = handler;
  const own: NonNullable<Manifest['signatures']> = { ...signatures, serving_default: { inputs, outputs } };
  for (const [name, expected] of Object.entries(HANDLER_SIGNATURES)) {
    const found = own[name];
    for (const side of ['inputs', 'outputs'] as const) {
      const wanted = describeTensors(expected[side]);
      const got = found ? describeTensors(found[side]) : 'no such signature';
      if (got !== wanted) faults.push(`signatures.${name}.${side}: a handler has ${wanted}, got ${got}`);
    }
  }
  if (!model) return faults;
  if (!files.some(({ path }) => path === model.path || path.startsWith(`${model.path}/`))) {
    faults.push(`handler.model.path: ${JSON.stringify(model.path)} is not listed in \`files\`, so no digest covers it`);
  }
  if (!signatures[TENSORS_SIGNATURE])
    faults.push(`signatures.${TENSORS_SIGNATURE}: is missing, and handler.model needs it`);
  return faults;
}

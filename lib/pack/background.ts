import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Signature, Tensor } from '@modelship/runtime';
import { BACKGROUND_FILE, type Manifest, ModelPackageError } from '@modelship/runtime/manifest';
import {
  encodeInferRequestJson,
  explainableInput,
  joinRows,
  MAX_PARSED_BYTES,
  shapeText,
} from '@modelship/runtime/serve';
import { readSampleRequests } from './sample-requests.js';
import { sampleInputs } from './sample-tensors.js';

/** Maximum number of faults that an error lists. */
const MOST_FAULTS = 10;

/**
 * Writes the rows of the requests in a file to the package in `directory`, as the background of explanations.
 *
 * @throws ModelPackageError `BACKGROUND_INVALID` naming the first 10 rows that do not fit, or the reason why the model has no
 * background
 */
export function writeBackground(path: string, directory: string, signature: Signature): Manifest['background'] {
  const input = explainableInput(signature);
  if (!input) {
    const inputs = signature.inputs.map((spec) => `${spec.name} ${spec.datatype} ${shapeText(spec)}`).join(', ');
    throw invalid(
      `explanations need a model of one input of numbers, and this one takes ${inputs}. Leave \`--background\` out`,
    );
  }
  const rows = rowsOf(path, signature);
  const count = rows.reduce((sum, [{ shape }]) => sum + shape[0]!, 0);
  const background = joinRows(rows, count);
  const text = encodeInferRequestJson(background);
  if (text.length > MAX_PARSED_BYTES) {
    throw invalid(
      `${path} makes a background of ${text.length} bytes, and at most ${MAX_PARSED_BYTES} are read. Give a sample of ` +
        'the training rows; some hundred are enough',
    );
  }
  writeFileSync(join(directory, BACKGROUND_FILE), text);
  return { rows: count };
}

/** Returns the input of each request. */
function rowsOf(path: string, signature: Signature): [Tensor][] {
  const faults: string[] = [];
  const rows: [Tensor][] = [];
  for (const { place, inputs } of requestsOf(path)) {
    try {
      const [row] = sampleInputs(inputs, signature, place) as [Tensor];
      const [first] = rows[0] ?? [row];
      const item = ({ shape }: Tensor) => shape.slice(1).join(',');
      if (item(row) === item(first)) rows.push([row]);
      else faults.push(`${place}: a row has the shape [${item(row)}], and the first one has [${item(first)}].`);
    } catch (error) {
      if (!(error instanceof ModelPackageError)) throw error;
      faults.push(error.message);
    }
  }
  if (faults.length === 0) return rows;
  const more = faults.length > MOST_FAULTS ? `\n  and ${faults.length - MOST_FAULTS} more` : '';
  const listed = faults.slice(0, MOST_FAULTS).map((fault) => `\n  ${fault}`);
  throw new ModelPackageError(
    'BACKGROUND_INVALID',
    `rows of the background do not fit the model:${listed.join('')}${more}`,
  );
}

function requestsOf(path: string): ReturnType<typeof readSampleRequests> {
  try {
    return readSampleRequests(path);
  } catch (error) {
    if (!(error instanceof ModelPackageError)) throw error;
    throw new ModelPackageError('BACKGROUND_INVALID', error.message);
  }
}

function invalid(message: string): ModelPackageError {
  return new ModelPackageError('BACKGROUND_INVALID', `${message}.`);
}

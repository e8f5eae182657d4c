import { chmodSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { predictPath } from '@modelship/runtime/contract';
import { expect } from 'vitest';
import type { Model } from '../../lib/model/model.js';
import { resources, type Template } from '../lib/gcp/support.js';
import { expectClose, samplesOf } from './started-runtime.js';

/** The variables of a container, given as a list of names and values. */
export function variables(env: readonly { name: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

/** A folder with what the objects of a template make of the bucket, as Cloud Storage FUSE shows it. */
export function mountBucket(template: Template, model: Model): string {
  const mounted = mkdtempSync(join(tmpdir(), 'modelship-bucket-'));
  chmodSync(mounted, 0o755);
  for (const { name } of resources(template, 'google_storage_bucket_object')) {
    const target = join(mounted, name);
    mkdirSync(dirname(target), { recursive: true });
    // `models/<name>/<digest>/<path>`
    symlinkSync(join(model.directory, ...name.split('/').slice(3)), target);
  }
  return mounted;
}

/** Asks for every sample in the form that TensorFlow Serving and Vertex AI share, and compares the predictions. */
export async function expectPredictions(model: Model, url: string): Promise<void> {
  for (const { request, response } of samplesOf(model)) {
    const [input] = (request as { inputs: { shape: number[]; data: number[] }[] }).inputs;
    const [rows, columns] = input!.shape as [number, number];
    const instances = Array.from({ length: rows }, (_, row) => input!.data.slice(row * columns, (row + 1) * columns));
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ instances }) });
    expect(answer.status).toBe(200);
    const { predictions } = (await answer.json()) as { predictions: Record<string, number | number[]>[] };
    for (const { name, data } of response.outputs) {
      expectClose(
        model,
        predictions.flatMap((prediction) => prediction[name]!),
        data,
      );
    }
  }
}

/** Where a model answers in that form. */
export const predictUrl = (host: string, model: Model) => `${host}${predictPath(model.name)}`;

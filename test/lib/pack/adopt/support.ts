import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import type { Manifest } from '@modelship/runtime/manifest';
import { type RunningServer, readConfig, startServer } from '@modelship/runtime/serve';
import { expect } from 'vitest';
import { type PackOptions, packModel } from '../../../../lib/pack/index.js';

const ROOT = join(__dirname, '..', '..', '..', '..');

/** Interpreter with the frameworks of the models. */
export const PYTHON = join(ROOT, '.venv', 'bin', 'python');

/** Committed artefacts, by the tool that made them. */
export const ARTEFACTS = join(ROOT, 'test', 'fixtures', 'adopt');

/** A package, and what packing it noted. */
export interface Packed {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly notes: readonly string[];
  remove(): void;
}

/** Packs an artefact into a temporary folder. */
export async function pack(source: string, options: Partial<PackOptions> = {}): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-adopted-'));
  const notes: string[] = [];
  const out = join(folder, 'package');
  const onNote = (note: string) => notes.push(note);
  try {
    const manifest = await packModel({ source, name: 'model', out, onNote, ...options });
    return { folder: out, manifest, notes, remove: () => rmSync(folder, { recursive: true, force: true }) };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A request to a tool's own server, and its response. Both are JSON; requests of pictures are their files in base64. */
export interface Answer {
  readonly request: unknown;
  readonly response: unknown;
}

/** Reads the answers of a tool's own server, which the script that made the artefact wrote into its folder or beside it. */
export function answersOf(artefact: string): readonly Answer[] {
  const inside = join(artefact, 'answers.json');
  return JSON.parse(readFileSync(existsSync(inside) ? inside : `${artefact}.answers.json`, 'utf8'));
}

/** Body of a request and its type. */
export interface Body {
  readonly type: string;
  readonly content: string | Buffer;
}

const asJson = (request: unknown): Body => ({ type: 'application/json', content: JSON.stringify(request) });

/** Body of a request whose picture is in base64. */
export const asPicture = (request: unknown): Body => {
  return { type: 'application/octet-stream', content: Buffer.from(String(request), 'base64') };
};

/** Serves a package, and expects the answers of the original server for each request. */
export async function expectAnswers(
  folder: string,
  route: string,
  answers: readonly Answer[],
  bodyOf: (request: unknown) => Body = asJson,
): Promise<void> {
  const config = readConfig({
    MODELSHIP_MODEL: folder,
    MODELSHIP_PYTHON: process.env.MODELSHIP_PYTHON,
    MODELSHIP_LOG_LEVEL: 'error',
    MODELSHIP_TRUST_PICKLE: 'true',
    [ENVIRONMENT.port]: '0',
  });
  const server = await startServer(config, '127.0.0.1', {});
  try {
    for (const { request, response } of answers) {
      const { type, content } = bodyOf(request);
      const answer = await fetch(`http://127.0.0.1:${server.port}${route}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: content,
      });
      expectClose(await answer.json(), response);
    }
  } finally {
    await server.close();
  }
}

/** A request to the server of a handler, and its response. Bodies are in base64. */
export interface Exchange {
  readonly request: { readonly headers: Record<string, string>; readonly body: string };
  readonly response: { readonly status: number; readonly headers: Record<string, string>; readonly body: string };
}

/** Reads the exchanges that the script which made the artefact wrote beside it. */
export function exchangesOf(artefact: string): readonly Exchange[] {
  return answersOf(artefact) as unknown as readonly Exchange[];
}

/** Serves a package whose code is trusted, by the interpreter that packed it. */
export async function serveCode(
  packed: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<RunningServer & { readonly url: string }> {
  const config = readConfig({
    MODELSHIP_MODEL: packed,
    MODELSHIP_PYTHON: process.env.MODELSHIP_PYTHON,
    MODELSHIP_LOG_LEVEL: 'error',
    MODELSHIP_TRUST_CODE: 'true',
    MODELSHIP_PORT: '0',
    ...variables,
  });
  const server = await startServer(config, '127.0.0.1', {});
  return { ...server, url: `http://127.0.0.1:${server.port}` };
}

/** Sends a request of an exchange. */
export function send(url: string, { headers, body }: Exchange['request']): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body: Buffer.from(body, 'base64') });
}

/** Sends a request as it was sent to the other server, and expects the same status, header fields and body. */
export async function expectSame(url: string, { request, response }: Exchange): Promise<void> {
  const answer = await send(url, request);
  const own = ['content-type', 'x-own'].flatMap((name) =>
    answer.headers.has(name) ? [[name, answer.headers.get(name)]] : [],
  );
  expect({ status: answer.status, headers: Object.fromEntries(own) }).toEqual({
    status: response.status,
    headers: response.headers,
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const wanted = Buffer.from(response.body, 'base64');
  if (bytes.equals(wanted)) return;
  // Numbers may differ in the last digit, and the layout may not.
  const layout = (text: Buffer) => text.toString().replaceAll(/[\d.e-]+/g, '0');
  expect(layout(bytes)).toBe(layout(wanted));
  expectClose(JSON.parse(bytes.toString()), JSON.parse(wanted.toString()));
}

/** Expects the same JSON, with numbers that differ by at most 1e-6. */
export function expectClose(got: unknown, wanted: unknown): void {
  expect(rounded(got, wanted)).toEqual(wanted);
}

/** Returns `got` with the numbers of `wanted` where both are close. */
function rounded(got: unknown, wanted: unknown): unknown {
  if (typeof got === 'number' && typeof wanted === 'number') {
    return Math.abs(got - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted)) ? wanted : got;
  }
  if (Array.isArray(got) && Array.isArray(wanted)) return got.map((each, index) => rounded(each, wanted[index]));
  if (isObject(got) && isObject(wanted)) {
    return Object.fromEntries(Object.entries(got).map(([name, value]) => [name, rounded(value, wanted[name])]));
  }
  return got;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

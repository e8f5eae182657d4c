import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '@modelship/runtime/manifest';
import { runtimeFolder } from '../lib/bundle/runtime-folder.js';
import { minilm } from './support/models.js';
import { type Comparison, compare, compareMany, type ManySided, type Target } from './support/pairs.js';
import { PEERS, peerPython } from './support/peers.js';
import { textPost } from './support/posts.js';
import { SERVER_CPU, untilAnswered } from './support/process.js';
import { fastApiSentenceTransformers, fastApiTokenizers, modelship, type ServerFactory } from './support/servers.js';
import { type Served, serving, startSide, warmLoad } from './support/serving.js';
import type { Settings } from './support/settings.js';

/** Callers at once. Each sends one text a request. */
const CALLERS = [1, 8, 32];

/** Words that are one token each. */
const WORDS = 'the house is near the river and we walk there every day with friends'.split(' ');

/** Tokens around each text, `[CLS]` and `[SEP]`. */
const SPECIAL_TOKENS = 2;

/** Tokens of texts that gain by running together. Longer ones gain nothing, so that the model's own time is the limit. */
const SHORT = 16;

const OURS = 'Modelship, int8';

const textOf = (tokens: number) =>
  Array.from({ length: tokens - SPECIAL_TOKENS }, (_, index) => WORDS[index % WORDS.length]).join(' ');

/**
 * Vectors a second of all-MiniLM-L6-v2, and the 99th percentile of how long one takes, for texts of as many tokens as given
 * and 1, 8 and 32 callers.
 *
 * @throws Error if a side takes the text for another number of tokens
 */
export async function benchmarkText(tokens: number, settings: Settings): Promise<Comparison[]> {
  const { folder, int8, fp32 } = await minilm();
  const post = textPost('/embed', textOf(tokens));
  const side = (name: string, factory: ServerFactory, modelPackage = int8): ManySided => ({
    name,
    run: async () => {
      const served = { factory, modelPackage, post };
      return serving(served, async (port, server) => {
        await checkTokens(name, port, tokens);
        const reports = [];
        for (const connections of CALLERS)
          reports.push(await warmLoad(port, server, post, { ...settings, connections }));
        return [...reports.map(({ requestsPerSecond }) => requestsPerSecond), ...reports.map(({ p99Ms }) => p99Ms)];
      });
    },
  });
  const peer = 'FastAPI + tokenizers + onnxruntime, int8';
  const limit = 'session.run alone, int8 (limit)';
  const targets: Target[] =
    tokens === SHORT
      ? [
          { side: OURS, to: 'FastAPI + sentence-transformers', unit: 'texts/s, 32 callers', atLeast: 3 },
          { side: OURS, to: peer, unit: 'texts/s, 32 callers', atLeast: 1.4 },
        ]
      : CALLERS.flatMap((callers) => [
          { side: OURS, to: limit, unit: `texts/s, ${callers} callers`, atLeast: 0.95 },
          { side: OURS, to: peer, unit: `texts/s, ${callers} callers`, atLeast: 1 },
        ]);
  const units = ['texts/s', 'ms, p99'].flatMap((unit) => CALLERS.map((callers) => `${unit}, ${callers} callers`));
  return compareMany(
    units,
    settings.rounds,
    [
      side('FastAPI + sentence-transformers', fastApiSentenceTransformers(folder)),
      side(peer, fastApiTokenizers),
      side(OURS, modelship),
      side('Modelship, fp32', modelship, fp32),
      bareSession(limit, int8, tokens, settings),
      bareSession('session.run alone, fp32 (limit)', fp32, tokens, settings),
    ],
    targets,
  );
}

/** From the start of the process to the first vector, a text of 16 tokens. */
export async function benchmarkTextStart(settings: Settings): Promise<Comparison[]> {
  const { folder, int8 } = await minilm();
  const asked: Omit<Served, 'factory'> = { modelPackage: int8, post: textPost('/embed', textOf(SHORT)) };
  const { task } = readManifest(int8);
  const { directory } = runtimeFolder({ architecture: process.arch as 'x64' | 'arm64', task });
  const peer = 'FastAPI + tokenizers + onnxruntime';
  const starts = await compare(
    'ms',
    settings.rounds,
    [
      startSide(peer, { factory: fastApiTokenizers, ...asked }, settings),
      startSide(
        'FastAPI + sentence-transformers',
        { factory: fastApiSentenceTransformers(folder), ...asked },
        settings,
      ),
      startSide('Modelship', { factory: modelshipIn(directory), ...asked }, settings),
    ],
    [{ side: 'Modelship', atMost: 0.5 }],
  );
  const model = bytesBelow(int8);
  const sizes = (name: string, bytesOf: () => Bytes): ManySided => ({
    name,
    run: async () => {
      const { packages, interpreter } = bytesOf();
      return [packages + model, packages + interpreter + model].map((bytes) => bytes / 1e6);
    },
  });
  const needed = ['fastapi', 'httptools', 'onnxruntime', 'tokenizers', 'uvicorn', 'uvloop'];
  const sizesOfSides = await compareMany(['MB, packages and model', 'MB, image without its system'], 0, [
    sizes(peer, () => pythonBytes(peerPython('requirements.txt'), needed)),
    sizes('Modelship', () => ({ packages: bytesBelow(directory), interpreter: statSync(process.execPath).size })),
  ]);
  return [starts, ...sizesOfSides];
}

/** Bytes of what a server needs beside the system and the model. */
interface Bytes {
  readonly packages: number;
  readonly interpreter: number;
}

/** Sizes of the packages that a Python server needs, with all that they depend on, and of Python itself. */
function pythonBytes(python: string, packages: readonly string[]): Bytes {
  return JSON.parse(execFileSync(python, [join(PEERS, 'sizes.py'), ...packages], { encoding: 'utf8' }));
}

function bytesBelow(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.reduce((sum, { name, parentPath }) => sum + statSync(join(parentPath, name)).size, 0);
}

/** Our runtime from the folder that functions and images get. */
const modelshipIn =
  (directory: string): ServerFactory =>
  (modelPackage, port) => ({ ...modelship(modelPackage, port), args: [join(directory, 'server.js')] });

async function checkTokens(name: string, port: number, tokens: number): Promise<void> {
  const [found] = JSON.parse((await untilAnswered(port, textPost('/tokenize', textOf(tokens)))).toString());
  if (found.length !== tokens) throw new Error(`${name} makes ${found.length} tokens of a text of ${tokens}`);
}

/** `session.run` again and again on the processor that the servers get, with the batch that is best for each number of callers. */
function bareSession(name: string, modelPackage: string, tokens: number, { seconds }: Settings): ManySided {
  const model = join(modelPackage, readManifest(modelPackage).artifact);
  const script = [process.execPath, join(PEERS, 'bare_text_session.cjs'), model, String(tokens), String(seconds)];
  return {
    name,
    run: async () => {
      const output = execFileSync('taskset', ['-c', String(SERVER_CPU), ...script], { encoding: 'utf8' });
      const runs = JSON.parse(output) as { texts: number; textsPerSecond: number; p99Ms: number }[];
      const best = CALLERS.map((callers) =>
        runs
          .filter(({ texts }) => texts <= callers)
          .reduce((one, other) => (other.textsPerSecond > one.textsPerSecond ? other : one)),
      );
      return [...best.map(({ textsPerSecond }) => textsPerSecond), ...best.map(({ p99Ms }) => p99Ms)];
    },
  };
}

import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Task } from '@modelship/runtime/manifest';
import { describe, expect, it } from 'vitest';
import { runtimeFolder } from '../../../lib/bundle/runtime-folder.js';
import { binaryKind } from '../../package/binary-kind.js';

const EMBED: Task = {
  type: 'embed',
  tokenizer: {
    file: 'tokenizer.json',
    maxTokens: 256,
    truncationSide: 'right',
    padding: { id: 0, typeId: 0, side: 'right' },
  },
  output: 'last_hidden_state',
  pooling: 'mean',
  normalize: true,
};

const CLASSIFY: Task = {
  type: 'image_classification',
  preprocessing: [],
  layout: 'NCHW',
  output: 'logits',
  activation: 'softmax',
};

const filesOf = (directory: string) => readdirSync(directory, { recursive: true, encoding: 'utf8' });
const addons = (directory: string) => filesOf(directory).filter((path) => path.endsWith('.node'));
const bytesOf = (directory: string) =>
  filesOf(directory).reduce((sum, path) => sum + lstatSync(join(directory, path)).size, 0);

describe.each([
  ['x64', 'ELF x86-64'],
  ['arm64', 'ELF aarch64'],
])('the folder of the runtime for %s', (architecture, kind) => {
  it('has the tokenizer of its platform for models that take texts', () => {
    const { directory } = runtimeFolder({ architecture, task: EMBED });
    const [tokenizer, ...others] = addons(directory).filter((path) => path.includes('tokenizers'));
    expect(others).toEqual([]);
    expect(binaryKind(readFileSync(join(directory, tokenizer!)))).toBe(kind);
  });

  it.each([
    ['tensors', undefined],
    ['pictures', CLASSIFY],
  ])('has no tokenizer for models that take %s', (_, task) => {
    const { digest, directory } = runtimeFolder({ architecture, task });
    expect(filesOf(directory).filter((path) => path.includes('tokenizers'))).toEqual([]);
    expect(digest).not.toBe(runtimeFolder({ architecture, task: EMBED }).digest);
  });

  it('takes 6 MB more with the tokenizer', () => {
    const [plain, withTokenizer] = [undefined, EMBED].map((task) => runtimeFolder({ architecture, task }).directory);
    const more = bytesOf(withTokenizer!) - bytesOf(plain!);
    expect(more).toBeGreaterThan(4e6);
    expect(more).toBeLessThan(6e6);
  });
});

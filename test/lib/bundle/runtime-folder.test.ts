import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '@modelship/runtime/manifest';
import { describe, expect, it } from 'vitest';
import { runtimeFolder } from '../../../lib/bundle/runtime-folder.js';
import { taskPackageFiles } from '../../../lib/bundle/task-packages.js';
import { binaryKind } from '../../package/binary-kind.js';
import { EMBED } from '../../support/text-package.js';

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

  it('has neither tokenizer nor decoder for models that take tensors', () => {
    const { digest, directory } = runtimeFolder({ architecture });
    expect(filesOf(directory).filter((path) => /tokenizers|sharp/.test(path))).toEqual([]);
    expect(digest).not.toBe(runtimeFolder({ architecture, task: EMBED }).digest);
  });

  it('takes 6 MB more with the tokenizer', () => {
    const [plain, withTokenizer] = [undefined, EMBED].map((task) => runtimeFolder({ architecture, task }).directory);
    const more = bytesOf(withTokenizer!) - bytesOf(plain!);
    expect(more).toBeGreaterThan(4e6);
    expect(more).toBeLessThan(6e6);
  });
});

describe('the folder of the runtime for models that take pictures', () => {
  it('has the decoder of its platform, which decodes with what is beside the server alone', () => {
    const { directory } = runtimeFolder({ architecture: 'x64', task: CLASSIFY });
    const added = filesOf(directory).filter((path) => /tokenizers|sharp/.test(path));
    expect(added.filter((path) => path.endsWith('.node'))).toEqual([
      expect.stringMatching(/^node_modules.@img.sharp-linux-x64.lib.sharp-linux-x64.*\.node$/),
    ]);
    const plain = runtimeFolder({ architecture: 'x64' }).directory;
    expect(bytesOf(directory) - bytesOf(plain)).toBeLessThan(22e6);
    const script = `
      const sharp = require('@modelship/pictures');
      sharp({ create: { width: 2, height: 3, channels: 3, background: 'red' } }).jpeg().toBuffer()
        .then((bytes) => sharp(bytes).metadata()).then(({ width, height }) => console.log(width, height));`;
    const elsewhere = mkdtempSync(join(tmpdir(), 'modelship-decoder-'));
    cpSync(directory, elsewhere, { recursive: true });
    const output = execFileSync(process.execPath, ['-e', script], { cwd: elsewhere, encoding: 'utf8' });
    expect(output).toBe('2 3\n');
  });

  it('needs the decoder of its platform, and says how to install it', () => {
    expect(() => taskPackageFiles('@modelship/pictures', 'riscv64', __filename)).toThrow(
      'models that take pictures need the npm package @modelship/pictures with the addon for linux-riscv64: the package ' +
        '@img/sharp-linux-riscv64 is not installed. Install it with `npm install @modelship/pictures@0.1.0`.',
    );
  });
});

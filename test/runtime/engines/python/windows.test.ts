import { afterEach, expect, test } from 'vitest';
import { pythonEngine } from '../../../../runtime/src/engines/python/python-engine.js';

const { platform } = process;
afterEach(() => {
  Object.defineProperty(process, 'platform', { value: platform });
});

test('a model that needs a worker is rejected on Windows with what to use instead', async () => {
  Object.defineProperty(process, 'platform', { value: 'win32' });
  await expect(pythonEngine.load({ path: 'C:\\models\\net.pt', format: 'torchscript' }, {})).rejects.toThrow(
    /net\.pt has the format torchscript.*need Linux or macOS.*Windows Subsystem for Linux, or export the model to ONNX/,
  );
});

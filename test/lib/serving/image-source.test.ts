import { App } from 'cdktf';
import { describe, expect, test } from 'vitest';
import { ImageSource } from '../../../lib/serving/image-source.js';

const digest = `sha256:${'0a'.repeat(32)}`;

describe('ImageSource.fromRegistry', () => {
  test.each([
    'runtime',
    'runtime:1.0',
    'modelship/runtime:1.0',
    'localhost:5000/runtime',
    `europe-west1-docker.pkg.dev/project/repository/runtime@${digest}`,
    `registry.example.com:443/a/b/c:v1@${digest}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how a token looks
    '${TfToken[TOKEN.1]}/runtime',
  ])('gives %s back unchanged', (uri) => {
    expect(ImageSource.fromRegistry(uri).bind(new App())).toBe(uri);
  });

  test.each([
    '',
    ' ',
    'https://registry.example.com/runtime',
    'runtime:',
    'runtime@sha256:12',
    'a b',
    'Runtime/UPPER',
    'x;rm -rf',
  ])('refuses %j with the way to write one', (uri) => {
    expect(() => ImageSource.fromRegistry(uri)).toThrow(/which is not an image reference; write \[host\/\]path/);
  });
});

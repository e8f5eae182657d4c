import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverImageContext } from '../../lib/bundle/server-image-context.js';
import { Buildah } from './buildah.js';

// Without a base of its own, so that nothing is fetched.
const BASE = 'localhost/modelship-server-base:1';
const COPY = 'localhost/modelship-server-copy:1';
const buildah = new Buildah();

beforeAll(() => {
  const context = mkdtempSync(join(tmpdir(), 'modelship-server-'));
  const lines = ['FROM scratch', 'ENV LOADED=yes', 'ENTRYPOINT ["/server"]', 'CMD ["--default"]', 'USER 1000', ''];
  writeFileSync(join(context, 'Dockerfile'), lines.join('\n'));
  buildah.build(BASE, context);
}, 60_000);
afterAll(() => buildah.close());

test('a copy has the arguments, and all else from the image', () => {
  const command = ['--name', 'two words', '$HOME', 'a"b'];
  buildah.build(COPY, serverImageContext(BASE, command).directory);
  const { Cmd, ...config } = buildah.config(COPY);
  expect(Cmd).toEqual(command);
  expect(config).toMatchObject({ Entrypoint: ['/server'], User: '1000' });
  expect(config.Env).toContain('LOADED=yes');
});

test('a copy without arguments of its own does what the image does', () => {
  buildah.build(COPY, serverImageContext(BASE).directory);
  expect(buildah.config(COPY).Cmd).toEqual(['--default']);
});

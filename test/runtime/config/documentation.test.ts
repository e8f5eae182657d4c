import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';

it('documents every variable, and no other', () => {
  const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'configuration.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(MODELSHIP_\w+)` \|/gm)].map(([, name]) => name);
  expect(documented.sort()).toEqual(Object.values(ENVIRONMENT).sort());
});

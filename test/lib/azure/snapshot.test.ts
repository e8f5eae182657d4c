import { expect, test, vi } from 'vitest';
import { CASES } from './cases.js';

vi.mock('../../../lib/bundle/runtime-folder.js', () => import('./small-runtime.js'));

/** Every resource with its type, and what azapi sends to Azure, which no bindings check. */
test.each(CASES)('$name makes these resources', ({ synthesize }) => {
  const template = synthesize();
  const resources = Object.entries(template.json.resource!).flatMap(([type, byId]) =>
    Object.keys(byId).map((id) => `${type}.${id}`),
  );
  const bodies = ['azapi_resource', 'azapi_update_resource', 'azapi_resource_action'].flatMap((type) =>
    Object.entries(template.all(type)).map(([id, { type: kind, body }]) => ({ id, kind, body })),
  );
  expect({ resources: resources.sort(), bodies }).toMatchSnapshot();
});

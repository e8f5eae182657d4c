import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { send } from '../../../lib/requests/http.js';
import { IRIS, modelship, type Served, serve } from './support.js';

// The real server answers as it does behind each managed service, whose host names are led to it.
let server: Served;
const requested = vi.hoisted(() => [] as string[]);
vi.mock('../../../lib/requests/http.js', { spy: true });

/** The route that each service calls in the container. */
const ROUTES: Readonly<Record<string, string>> = {
  'https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/iris/invocations': '/invocations',
  'https://iris.westeurope.inference.ml.azure.com/score': '/score',
  'https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/endpoints/1:predict':
    '/v1/models/iris:predict',
};
const ROW = '{"instances": [[5.1, 3.5, 1.4, 0.2]]}';

beforeAll(async () => {
  server = await serve(IRIS);
  const { send: real } = await vi.importActual<{ send: typeof send }>('../../../lib/requests/http.js');
  vi.mocked(send).mockImplementation((url, options, body) => {
    requested.push(`${options.method} ${url}`);
    return real(new URL(ROUTES[String(url)]!, server.url), options, body);
  });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await server?.stop();
});

describe.each(Object.keys(ROUTES))('%s', (url) => {
  // An authorization header of the caller's own, so that no credentials are looked for.
  const args = [url, '-H', 'authorization: Bearer token'];

  test('is called by predict at its own URL alone', async () => {
    requested.length = 0;
    const { code, stdout, stderr } = await modelship('predict', ...args, '--data', ROW);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout).predictions).toMatchObject([{ label: 0 }]);
    expect(requested).toEqual([`POST ${url}`]);
  });

  test('is evaluated by the package that it serves', async () => {
    const { code, stdout } = await modelship('evaluate', ...args, '--package', IRIS, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ samples: 8, agreeing: 8, differences: [] });
  });

  test('needs the package to be evaluated', async () => {
    const { code, stderr } = await modelship(
      'evaluate',
      ...args,
      '--data',
      `{"instances": [[1,2,3,4]], "predictions": [{"label": 0}]}`,
    );
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/does not describe the model.*--package FOLDER/),
    });
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../runtime/src/config.js';
import { ENVIRONMENT, LIVE_PATH } from '../../../runtime/src/contract.js';
import { readHost } from '../../../runtime/src/platforms/host.js';

describe('what the host asks for', () => {
  it.each([
    ['Cloud Run', { PORT: '8081' }, 8081],
    ['Azure Functions', { PORT: '80', FUNCTIONS_CUSTOMHANDLER_PORT: '40001' }, 40001],
    ['Vertex AI', { PORT: '80', AIP_HTTP_PORT: '8085' }, 8085],
    ['no host', {}, undefined],
    ['a SageMaker inference pipeline', { SAGEMAKER_BIND_TO_PORT: '8081', PORT: '80' }, 8081],
    ['an empty variable', { AIP_HTTP_PORT: '', PORT: '8081' }, 8081],
    ['a pipe, as IIS names it', { PORT: '\\\\.\\pipe\\x' }, undefined],
  ])('is the port of %s', (_, variables, port) => {
    expect(readHost(variables).port).toBe(port);
  });

  it('is the routes of Vertex AI, if both are named', () => {
    expect(readHost({ AIP_HEALTH_ROUTE: '/h', AIP_PREDICT_ROUTE: '/p' }).vertexRoutes).toEqual({
      health: '/h',
      predict: '/p',
    });
    expect(readHost({ AIP_HEALTH_ROUTE: '/h' }).vertexRoutes).toBeUndefined();
  });

  it("is the type of SageMaker's answers, if one is named", () => {
    expect(readHost({ SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: 'text/csv' }).sageMakerAccept).toBe('text/csv');
    expect(readHost({ SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT: '' }).sageMakerAccept).toBeUndefined();
  });

  it('loads no model before it is asked to, as a multi-model endpoint of SageMaker', () => {
    expect(readHost({ SAGEMAKER_MULTI_MODEL: 'true' }).requestedModels).toBe('/opt/ml/models');
    expect(readHost({ SAGEMAKER_MULTI_MODEL: 'false' }).requestedModels).toBeUndefined();
    expect(readHost({}).requestedModels).toBeUndefined();
  });
});

const IMAGES = join(import.meta.dirname, '../../../runtime/images');

describe.each(['Dockerfile', 'python.Dockerfile'])('the health check of %s', (file) => {
  const [, command] = /^HEALTHCHECK .*\n {2}CMD (.*)$/m.exec(readFileSync(join(IMAGES, file), 'utf8'))!;
  const [node, ...script] = JSON.parse(command!) as string[];

  it.each([
    [[ENVIRONMENT.port]],
    [['PORT', ENVIRONMENT.port]],
    [['FUNCTIONS_CUSTOMHANDLER_PORT', 'PORT', ENVIRONMENT.port]],
    [['SAGEMAKER_BIND_TO_PORT', 'PORT', ENVIRONMENT.port]],
    [['AIP_HTTP_PORT', 'SAGEMAKER_BIND_TO_PORT', 'PORT', ENVIRONMENT.port]],
  ])('asks the port on which the server listens if %j are set', async ([own, ...others]) => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === LIVE_PATH ? 200 : 404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    // No server listens on port 9.
    const variables = Object.fromEntries([[own!, String(port)], ...others.map((name) => [name, '9'])]);
    for (const environment of [variables, { AIP_HTTP_PORT: '', PORT: '', ...variables }]) {
      expect(readHost(environment).port ?? readConfig(environment).port).toBe(port);
      const check = spawn(node!, script, { env: { PATH: process.env.PATH, ...environment }, stdio: 'ignore' });
      expect(await once(check, 'exit')).toEqual([0, null]);
    }
    server.close();
  });
});

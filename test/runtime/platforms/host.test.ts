import { describe, expect, it } from 'vitest';
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

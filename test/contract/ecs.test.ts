import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ContainerModel } from '../../lib/aws/index.js';
import { ImageSource } from '../../lib/serving/index.js';
import { freePort } from '../support/free-port.js';
import { Moto } from '../support/moto.js';
import { Synthesized } from './aws-assets.js';
import { expectSamples, IRIS, StartedRuntime, samplesOf } from './started-runtime.js';

const image = ImageSource.fromRegistry('123456789012.dkr.ecr.us-east-1.amazonaws.com/runtime:1');
const synthesized = new Synthesized((stack) => {
  new ContainerModel(stack, 'Iris', { model: IRIS, image });
});
const [container] = synthesized.only('AWS::ECS::TaskDefinition').ContainerDefinitions;
const targets = synthesized.only('AWS::ElasticLoadBalancingV2::TargetGroup');
const environment: Record<string, string> = Object.fromEntries(
  container.Environment.map(({ Name, Value }: { Name: string; Value: unknown }) => [Name, synthesized.resolve(Value)]),
);

describe('a task on ECS', () => {
  let moto: Moto;
  let port: number;
  let task: StartedRuntime;

  const start = async (changes: Record<string, string> = {}) => {
    port = await freePort();
    // The host maps its port to the container's; without one, the runtime is told.
    const env = { ...environment, ...moto.env, MODELSHIP_PORT: `${port}`, ...changes };
    return new StartedRuntime({ env, port });
  };

  beforeAll(async () => {
    moto = await Moto.start();
    await synthesized.upload(moto.url);
    task = await start();
    await task.until(targets.HealthCheckPath);
  });

  afterAll(async () => {
    await task.stop();
    await moto.stop();
  });

  test('fetches the package from where the deployment puts it, and predicts what its samples say', async () => {
    await expectSamples(IRIS, (path, init) => fetch(task.url + path, init));
  });

  test('answers the port and the health check of the task definition', async () => {
    expect(container.PortMappings[0].ContainerPort).toBe(targets.Port);
    const script = container.HealthCheck.Command.at(-1) as string;
    const [, path] = /http:\/\/127\.0\.0\.1:8080([^']+)'/.exec(script) ?? [];
    expect((await fetch(task.url + path)).status).toBe(200);
  });

  test('answers what it had taken before SIGTERM, and ends with 0 before ECS kills it', async () => {
    const drained = await start();
    await drained.until(targets.HealthCheckPath);
    const body = JSON.stringify(samplesOf(IRIS)[0]!.request);
    const asked = request(`${drained.url}/v2/models/iris/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' },
    });
    asked.flushHeaders();
    // The server has the request, and waits for its body.
    await once(asked, 'continue');
    const stopped = drained.stop();
    asked.end(body);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    // Or tells the load balancer to ask another task; what it must not do is hang up.
    expect([200, 503]).toContain(response.resume().statusCode);
    expect(await stopped).toBe(0);
  });

  test('never becomes healthy with another package than the template names', async () => {
    const wrong = await start({ MODELSHIP_MODEL_DIGEST: `sha256:${'0'.repeat(64)}` });
    await expect(wrong.until(targets.HealthCheckPath)).rejects.toThrow(/digest/i);
    expect(await wrong.stop()).not.toBe(0);
  });
});

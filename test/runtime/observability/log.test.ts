import { describe, expect, it } from 'vitest';
import { ENVIRONMENT } from '../../../runtime/src/contract.js';
import { Logger } from '../../../runtime/src/observability/log.js';
import { readHost } from '../../../runtime/src/platforms/host.js';
import { describeServers } from '../../support/every-server.js';
import { post, predict } from '../faults/servers.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

function logged(log: (logger: Logger) => void, level: ConstructorParameters<typeof Logger>[0], project?: string) {
  const lines: string[] = [];
  log(new Logger(level, (line) => lines.push(line), project));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a line of the log', () => {
  it.each([
    ['error', 'ERROR'],
    ['warn', 'WARNING'],
    ['info', 'INFO'],
    ['debug', 'DEBUG'],
  ] as const)('of the level %s has the severity %s', (level, severity) => {
    const [line] = logged((logger) => logger.log(level, 'text', { model: 'iris' }), 'debug');
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      level,
      severity,
      message: 'text',
      model: 'iris',
    });
  });

  it('is left out below the level', () => {
    const levels = ['error', 'warn', 'info', 'debug'] as const;
    const lines = logged((logger) => {
      for (const level of levels) logger.log(level, level);
    }, 'warn');
    expect(lines.map(({ message }) => message)).toEqual(['error', 'warn']);
  });

  it('is one line, whatever the message', () => {
    const lines: string[] = [];
    new Logger('info', (line) => lines.push(line)).failure('a\nb', new Error('c\r\nd'));
    expect(lines).toHaveLength(1);
    expect(lines[0]!.match(/[\r\n]/g)).toEqual(['\n']);
  });

  it('names its trace as Cloud Logging does, where the project is known', () => {
    const { googleProject } = readHost({ GOOGLE_CLOUD_PROJECT: 'my-project' });
    const write = (logger: Logger) => logger.failure('text', new Error('why'), { trace_id: TRACE });
    expect(logged(write, 'info', googleProject)[0]).toMatchObject({
      trace_id: TRACE,
      'logging.googleapis.com/trace': `projects/my-project/traces/${TRACE}`,
    });
    expect(logged(write, 'info', readHost({}).googleProject)[0]).not.toHaveProperty('logging.googleapis.com/trace');
    expect(logged((logger) => logger.log('info', 'text'), 'info', googleProject)[0]).not.toHaveProperty('trace_id');
  });
});

describeServers('the log of a server', (start) => {
  it('holds neither payloads nor credentials, at the level that tells most', async () => {
    const server = start({ [ENVIRONMENT.logLevel]: 'debug' });
    const base = await server.url;
    const headers = {
      'x-api-key': 'key-of-the-caller',
      authorization: 'Bearer token-of-the-caller',
      traceparent: `00-${TRACE}-00f067aa0ba902b7-01`,
    };
    expect((await predict(base, headers)).status).toBe(200);
    expect(
      (await post(`${base}/v1/models/iris:predict?secret=in-the-query`, '{"instances": ["payload"]}')).status,
    ).toBe(400);
    server.child.kill('SIGTERM');
    expect(await server.exit).toBe(0);
    const lines = server
      .log()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const requests = lines.filter(({ message }) => message === 'request');
    expect(requests.map(({ status }) => status)).toEqual([200, 400]);
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/v1/models/iris:predict', trace_id: TRACE });
    expect(server.log()).not.toMatch(/of-the-caller|payload|in-the-query|\[5\.1|0\.997/);
  });
});

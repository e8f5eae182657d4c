import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { predictPath } from '@modelship/runtime/contract';
import { IRIS, IRIS_REQUEST } from './support/models.js';
import { type Comparison, compare, type Side } from './support/pairs.js';
import { freePort, start, stop, untilAnswered } from './support/process.js';
import { bareHttp, fastApi, modelship, type ServerFactory } from './support/servers.js';

const CONNECTIONS = 32;
const SECONDS = 5;

/** Predictions a second by JSON, 32 connections, the server on one processor and the load on another. */
export async function benchmarkThroughput(rounds: number): Promise<Comparison> {
  const path = predictPath('iris');
  const script = join(mkdtempSync(join(tmpdir(), 'modelship-bench-')), 'post.lua');
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.body = [==[${IRIS_REQUEST}]==]\nwrk.headers["content-type"] = "application/json"\n`,
  );

  const side = (name: string, factory: ServerFactory): Side => ({
    name,
    async run() {
      const port = await freePort();
      const server = start(factory(IRIS, port), 0);
      try {
        await untilAnswered(port, path, IRIS_REQUEST);
        return requestsPerSecond(port, path, script);
      } finally {
        await stop(server);
      }
    },
  });
  return compare('requests/s', rounds, [
    side('FastAPI + onnxruntime', fastApi),
    side('Modelship', modelship),
    side('bare node:http, bodies of the same size (limit)', bareHttp(await answerSize(path))),
  ]);
}

async function answerSize(path: string): Promise<number> {
  const port = await freePort();
  const server = start(modelship(IRIS, port));
  const answer = await untilAnswered(port, path, IRIS_REQUEST);
  await stop(server);
  return Buffer.byteLength(answer);
}

function requestsPerSecond(port: number, path: string, script: string): number {
  const wrk = ['wrk', '-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, '-s', script, `http://127.0.0.1:${port}${path}`];
  const { status, stdout, stderr, error } = spawnSync('taskset', ['-c', '1', ...wrk], { encoding: 'utf8' });
  if (error || status !== 0) {
    throw new Error(
      `wrk could not run (${error?.message ?? stderr.trim()}). Install it: apt-get install wrk util-linux`,
    );
  }
  const failures = /Non-2xx or 3xx responses: (\d+)/.exec(stdout);
  if (failures) throw new Error(`${failures[1]} of the requests failed`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
}

import { join } from 'node:path';
import { ENVIRONMENT } from '@modelship/runtime/contract';
import { readManifest } from '@modelship/runtime/manifest';
import { frameworkPython } from './models.js';
import { PEERS, peerPython, ROOT } from './peers.js';
import type { ServerCommand } from './process.js';

/** Makes the command of a server for `modelPackage` on `port`, running one thread for an inference. */
export type ServerFactory = (modelPackage: string, port: number) => ServerCommand;

const artifact = (modelPackage: string) => join(modelPackage, readManifest(modelPackage).artifact);

/** Our runtime, as the image starts it on one processor. */
export const modelship: ServerFactory = (modelPackage, port) => ({
  command: process.execPath,
  args: [join(ROOT, 'runtime', 'dist', 'bundle', 'server.js')],
  environment: {
    [ENVIRONMENT.model]: modelPackage,
    [ENVIRONMENT.port]: String(port),
    [ENVIRONMENT.threads]: '1',
    [ENVIRONMENT.processes]: '1',
  },
});

/** Our runtime with one worker process, in the interpreter of `fastApiFramework`. */
export const modelshipPython: ServerFactory = (modelPackage, port) => {
  const server = modelship(modelPackage, port);
  const python = { [ENVIRONMENT.python]: frameworkPython(), [ENVIRONMENT.trustPickle]: 'true' };
  return { ...server, environment: { ...server.environment, ...python } };
};

/** FastAPI around onnxruntime, on uvicorn with uvloop and httptools. */
export const fastApi: ServerFactory = (modelPackage, port) => ({
  command: peerPython('requirements.txt'),
  args: uvicorn('fastapi_app', port),
  environment: { MODEL: artifact(modelPackage), THREADS: '1' },
});

/** FastAPI around the framework that saved the model. */
export const fastApiFramework: ServerFactory = (modelPackage, port) => ({
  command: frameworkPython(),
  args: uvicorn('fastapi_framework', port),
  environment: { MODEL: artifact(modelPackage), FORMAT: readManifest(modelPackage).format, THREADS: '1' },
});

/** Ray Serve around onnxruntime, one replica. */
export const rayServe: ServerFactory = (modelPackage, port) => ({
  command: peerPython('ray.txt'),
  args: [join(PEERS, 'ray_app.py')],
  environment: { MODEL: artifact(modelPackage), PORT: String(port), RAY_USAGE_STATS_ENABLED: '0' },
});

function uvicorn(app: string, port: number): string[] {
  const flags = {
    '--app-dir': PEERS,
    '--host': '127.0.0.1',
    '--port': String(port),
    '--loop': 'uvloop',
    '--http': 'httptools',
    '--log-level': 'error',
  };
  return ['-m', 'uvicorn', `${app}:app`, ...Object.entries(flags).flat()];
}

/** The least a Node process can do and still predict. */
export const bareNode: ServerFactory = (modelPackage, port) => ({
  command: process.execPath,
  args: [join(PEERS, 'bare_node.cjs')],
  environment: { MODEL: artifact(modelPackage), PORT: String(port) },
});

/** node:http alone, answering with `responseBytes`. */
export const bareHttp =
  (responseBytes: number): ServerFactory =>
  (_, port) => ({
    command: process.execPath,
    args: [join(PEERS, 'bare_http.cjs')],
    environment: { RESPONSE_BYTES: String(responseBytes), PORT: String(port) },
  });

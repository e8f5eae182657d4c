import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ENVIRONMENT, predictPath } from '@modelship/runtime/contract';
import { readManifest } from '@modelship/runtime/manifest';
import { CACHE, FRAMEWORK_PYTHON, PEERS, peerPython, ROOT, run } from './peers.js';
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

/** Our runtime with several processes behind one port. */
export const modelshipProcesses =
  (processes: number): ServerFactory =>
  (modelPackage, port) => {
    const server = modelship(modelPackage, port);
    return { ...server, environment: { ...server.environment, [ENVIRONMENT.processes]: String(processes) } };
  };

/** Our runtime with one worker process, which runs the frameworks of `fastApiFramework`. */
export const modelshipPython: ServerFactory = (modelPackage, port) => {
  const server = modelship(modelPackage, port);
  const python = { [ENVIRONMENT.python]: FRAMEWORK_PYTHON, [ENVIRONMENT.trustPickle]: 'true' };
  return { ...server, environment: { ...server.environment, ...python } };
};

/** The route of `modelPackage` in TensorFlow Serving's REST API. */
const route = (modelPackage: string) => predictPath(readManifest(modelPackage).name);

/** FastAPI around onnxruntime, on uvicorn with uvloop and httptools. */
export const fastApi: ServerFactory = (modelPackage, port) => ({
  command: peerPython('requirements.txt'),
  args: uvicorn('fastapi_app', port),
  environment: { MODEL: artifact(modelPackage), THREADS: '1' },
});

/** FastAPI around the framework that saved the model. */
export const fastApiFramework: ServerFactory = (modelPackage, port) => ({
  command: peerPython('frameworks.txt'),
  args: uvicorn('fastapi_framework', port),
  environment: { MODEL: artifact(modelPackage), FORMAT: readManifest(modelPackage).format, THREADS: '1' },
});

/** LitServe around onnxruntime, one worker. */
export const litServe: ServerFactory = (modelPackage, port) => ({
  command: peerPython('litserve.txt'),
  args: [join(PEERS, 'litserve_app.py')],
  environment: { MODEL: artifact(modelPackage), ROUTE: route(modelPackage), PORT: String(port) },
});

/** BentoML around onnxruntime, one worker. */
export const bentoMl: ServerFactory = (modelPackage, port) => ({
  command: peerPython('bentoml.txt'),
  args: ['-m', 'bentoml', 'serve', 'bentoml_app:Predictor', '--working-dir', PEERS, '--port', String(port)],
  environment: { MODEL: artifact(modelPackage), ROUTE: route(modelPackage), BENTOML_DO_NOT_TRACK: 'true' },
});

/** MLServer around onnxruntime, without worker processes. */
export const mlServer: ServerFactory = (modelPackage, port) => ({
  command: peerPython('mlserver.txt'),
  args: [join(PEERS, 'mlserver_app.py')],
  environment: {
    MODEL: artifact(modelPackage),
    NAME: readManifest(modelPackage).name,
    PORT: String(port),
    GRPC_PORT: '0',
  },
});

/** MLflow's server of a model in its ONNX flavour, one worker. */
export const mlflow: ServerFactory = (modelPackage, port) => {
  const python = peerPython('mlflow.txt');
  const saved = join(CACHE, 'mlflow', readManifest(modelPackage).name);
  if (!existsSync(saved)) run(python, [join(PEERS, 'mlflow_model.py'), artifact(modelPackage), saved]);
  const options = ['--env-manager', 'local', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  return {
    command: python,
    args: ['-m', 'mlflow', 'models', 'serve', '--model-uri', saved, ...options],
    environment: { PATH: `${dirname(python)}:${process.env.PATH}`, MLFLOW_DISABLE_TELEMETRY: 'true' },
  };
};

/** Ray Serve around onnxruntime, one replica. */
export const rayServe: ServerFactory = (modelPackage, port) => ({
  command: peerPython('ray.txt'),
  args: [join(PEERS, 'ray_app.py')],
  environment: { MODEL: artifact(modelPackage), PORT: String(port), RAY_USAGE_STATS_ENABLED: '0' },
});

/** FastAPI with pandas around onnxruntime. */
export const fastApiCsv: ServerFactory = (modelPackage, port) => ({
  ...fastApi(modelPackage, port),
  args: uvicorn('fastapi_csv', port),
});

/** FastAPI with Pillow around onnxruntime, with as many worker processes as given. */
export const fastApiPicture =
  (processes: number): ServerFactory =>
  (modelPackage, port) => ({
    ...fastApi(modelPackage, port),
    args: [...uvicorn('fastapi_picture', port), '--workers', String(processes)],
  });

/** FastAPI around sentence-transformers, which loads the folder given and not the package. */
export const fastApiSentenceTransformers =
  (folder: string): ServerFactory =>
  (_, port) => ({
    command: peerPython('frameworks.txt'),
    args: uvicorn('fastapi_text', port),
    environment: { LIBRARY: 'sentence-transformers', FOLDER: folder, THREADS: '1', TRANSFORMERS_VERBOSITY: 'error' },
  });

/** FastAPI around onnxruntime and the tokenizer of a package. */
export const fastApiTokenizers: ServerFactory = (modelPackage, port) => ({
  command: peerPython('requirements.txt'),
  args: uvicorn('fastapi_text', port),
  environment: { LIBRARY: 'onnxruntime', FOLDER: modelPackage, MODEL: artifact(modelPackage), THREADS: '1' },
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

import { Model } from '../../lib/model/model.js';
import { ModelServer } from '../../lib/serving/servers/model-server.js';
import { writePackage } from './packages.js';

export const onnx = Model.fromDirectory(writePackage());
export const savedModel = Model.fromDirectory(
  writePackage({ format: 'saved_model', artifact: 'saved', content: { 'saved/saved_model.pb': 'graph' } }),
);
export const torchScript = Model.fromDirectory(
  writePackage({ format: 'torchscript', artifact: 'net.pt', content: { 'net.pt': 'module' } }),
);

/** Every other server with a model that it loads, and what a cluster must give it. */
export const SERVERS = [
  {
    model: savedModel,
    server: ModelServer.tensorflowServing(),
    port: 8501,
    ready: '/v1/models/iris',
    predict: '/v1/models/iris:predict',
    files: ['iris/1/saved_model.pb'],
    folderIn: 'MODEL_BASE_PATH',
  },
  {
    model: torchScript,
    server: ModelServer.torchServe(),
    port: 8080,
    ready: '/ping',
    predict: '/predictions/iris',
    files: ['config.properties', 'iris/MAR-INF/MANIFEST.json', 'iris/model.pt'],
    folderIn: '--model-store',
  },
  {
    model: onnx,
    server: ModelServer.triton(),
    port: 8000,
    ready: '/v2/health/ready',
    predict: '/v2/models/iris/infer',
    files: ['iris/1/model.onnx', 'iris/config.pbtxt'],
    folderIn: '--model-repository',
  },
  {
    model: onnx,
    server: ModelServer.custom({ image: 'example/server:1', port: 9000, modelFolderVariable: 'MODEL_DIR' }),
    port: 9000,
    ready: '/ping',
    predict: '/invocations',
    files: ['model.json', 'model.onnx', 'samples.json'],
    folderIn: 'MODEL_DIR',
  },
] as const;

export const vllm = ModelServer.vllm({ source: 'Qwen/Qwen3-0.6B' });

/** Where a container is told that the model lies: by a variable or an argument, as one word or two. */
export function folderOf(
  { args = [], env }: { readonly args?: string[]; readonly env: readonly { name: string; value: string }[] },
  folderIn: string,
): string | undefined {
  const at = args.findIndex((argument) => argument.split('=')[0] === folderIn);
  if (at >= 0) return args[at]!.split('=')[1] ?? args[at + 1];
  return env.find(({ name }) => name === folderIn)?.value;
}

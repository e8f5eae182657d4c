import type { ModelFormat } from '@modelship/runtime/manifest';
import type { Target } from '../init/targets.js';
import { run } from './commands.js';

/** What a check found. `unknown` means that the check could not be made. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'missing' | 'unknown';
  readonly detail: string;
  /** @default - nothing needs to be fixed */
  readonly fix?: string;
}

/** Modules of Python that each format needs, with the package of pip where its name differs. */
const MODULES: Readonly<Record<ModelFormat, readonly string[]>> = {
  onnx: [],
  saved_model: ['numpy', 'tensorflow'],
  torchscript: ['numpy', 'torch'],
  exported_program: ['numpy', 'torch'],
  torch_pickle: ['numpy', 'torch'],
  pickle: ['numpy', 'sklearn', 'joblib'],
  skops: ['numpy', 'sklearn', 'skops'],
  lightgbm: ['numpy', 'lightgbm'],
  xgboost: ['numpy', 'xgboost'],
  catboost: ['numpy', 'catboost'],
  npz: [],
  handler: ['numpy'],
};

const PIP_NAMES: Readonly<Record<string, string>> = { sklearn: 'scikit-learn' };

/** The oldest version of Node.js that Modelship supports. */
const NODE = [20, 19] as const;

export function checkNode(version = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isSupported = major > NODE[0] || (major === NODE[0] && minor >= NODE[1]);
  const found = { check: 'Node.js', detail: version };
  if (isSupported) return { ...found, status: 'ok' };
  return { ...found, status: 'missing', fix: `Install Node.js ${NODE.join('.')} or later: https://nodejs.org` };
}

/** Checks the interpreter and the frameworks that a format needs. */
export async function checkPython(format: ModelFormat, python: string): Promise<Finding[]> {
  const modules = MODULES[format];
  if (modules.length === 0) return [];
  const script =
    'import importlib.util, json, sys; ' +
    'print(json.dumps([sys.version_info[:2], [m for m in sys.argv[1:] if importlib.util.find_spec(m) is None]]))';
  const { isSuccess, output } = await run(python, '-c', script, ...modules);
  if (!isSuccess) {
    return [
      {
        check: 'Python',
        status: 'missing',
        detail: `${python} does not run`,
        fix: 'Install Python 3.9 or later, or name an interpreter with MODELSHIP_PYTHON',
      },
    ];
  }
  const [version, missing]: [[number, number], string[]] = JSON.parse(output);
  const isSupported = version[0] === 3 && version[1] >= 9;
  return [
    {
      check: 'Python',
      status: isSupported ? 'ok' : 'missing',
      detail: `${python}, ${version.join('.')}`,
      ...(!isSupported && { fix: 'Install Python 3.9 or later, or name an interpreter with MODELSHIP_PYTHON' }),
    },
    ...modules.map((module): Finding => {
      const name = PIP_NAMES[module] ?? module;
      if (!missing.includes(module)) return { check: name, status: 'ok', detail: 'installed' };
      return { check: name, status: 'missing', detail: 'not installed', fix: `${python} -m pip install ${name}` };
    }),
  ];
}

/** Checks the tools and the credentials to deploy to a target. */
export async function checkTarget(target: Target): Promise<Finding[]> {
  const findings = [
    target.needsDocker ? checkDocker() : [],
    target.cloud === 'aws'
      ? checkAws()
      : checkTool('Terraform', 'terraform', 'https://developer.hashicorp.com/terraform/install', 'version'),
    target.cloud === 'azure' ? checkLogin('Azure CLI', 'az', ['account', 'show'], 'az login') : [],
    target.cloud === 'google'
      ? checkLogin('Google Cloud CLI', 'gcloud', ['auth', 'print-access-token'], 'gcloud auth login')
      : [],
    target.cloud === 'azure' && target.isKubernetes
      ? checkTool('kubelogin', 'kubelogin', 'https://azure.github.io/kubelogin/', '--version')
      : [],
  ];
  return (await Promise.all(findings)).flat();
}

async function checkTool(check: string, command: string, address: string, ...args: string[]): Promise<Finding[]> {
  const { isSuccess, output } = await run(command, ...args);
  if (isSuccess) return [{ check, status: 'ok', detail: output.split('\n')[0]! }];
  return [{ check, status: 'missing', detail: `\`${command}\` does not run`, fix: `Install it: ${address}` }];
}

async function checkLogin(check: string, command: string, args: string[], login: string): Promise<Finding[]> {
  const { isInstalled, isSuccess } = await run(command, ...args);
  if (isSuccess) return [{ check, status: 'ok', detail: 'logged in' }];
  const detail = isInstalled ? 'not logged in' : `\`${command}\` is not on PATH`;
  return [{ check, status: 'missing', detail, fix: isInstalled ? `Run \`${login}\`` : `Install \`${command}\`` }];
}

/** Images are built for Arm by default, which other processors emulate. */
async function checkDocker(): Promise<Finding[]> {
  const docker = await run('docker', 'version', '--format', '{{.Server.Version}}');
  if (!docker.isSuccess) {
    const detail = docker.isInstalled ? 'the Docker daemon does not respond' : '`docker` is not on PATH';
    const fix = 'Start or install Docker, or build in the account with `image: AwsImage.fromCodeBuild()`';
    return [{ check: 'Docker', status: 'missing', detail, fix }];
  }
  const found: Finding = { check: 'Docker', status: 'ok', detail: docker.output };
  const platforms = await run('docker', 'buildx', 'inspect');
  if (!platforms.isSuccess) {
    const fix = 'Install the buildx plugin of Docker';
    return [found, { check: 'Docker buildx', status: 'missing', detail: '`docker buildx` does not run', fix }];
  }
  const isArm = platforms.output.includes('linux/arm64');
  return [
    found,
    {
      check: 'Images for Arm',
      status: isArm ? 'ok' : 'missing',
      detail: isArm ? 'linux/arm64 is supported' : 'linux/arm64 is not supported',
      ...(!isArm && { fix: 'docker run --privileged --rm tonistiigi/binfmt --install arm64' }),
    },
  ];
}

async function checkAws(): Promise<Finding[]> {
  const identity = await run('aws', 'sts', 'get-caller-identity', '--query', 'Account', '--output', 'text');
  if (!identity.isInstalled) {
    return [{ check: 'AWS account', status: 'unknown', detail: 'the AWS CLI, which looks it up, is not installed' }];
  }
  if (!identity.isSuccess) {
    const fix = 'Log in, for example with `aws sso login`, or set AWS_PROFILE';
    return [{ check: 'AWS account', status: 'missing', detail: 'no valid credentials', fix }];
  }
  const account: Finding = { check: 'AWS account', status: 'ok', detail: identity.output };
  const parameter = '/cdk-bootstrap/hnb659fds/version';
  const bootstrap = await run(
    'aws',
    'ssm',
    'get-parameter',
    '--name',
    parameter,
    '--query',
    'Parameter.Value',
    '--output',
    'text',
  );
  if (bootstrap.isSuccess) {
    return [account, { check: 'CDK bootstrap', status: 'ok', detail: `version ${bootstrap.output}` }];
  }
  const isMissing = bootstrap.output.includes('ParameterNotFound');
  return [
    account,
    {
      check: 'CDK bootstrap',
      status: isMissing ? 'missing' : 'unknown',
      detail: isMissing ? 'the account and region are not bootstrapped' : bootstrap.output.split('\n').at(-1)!,
      ...(isMissing && { fix: 'npx cdk bootstrap' }),
    },
  ];
}

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Datatype } from '@modelship/runtime';
import type { Manifest, ModelFormat } from '@modelship/runtime/manifest';
import { cacheRoot } from '../bundle/cache-folder.js';
import { runPythonTool, type ToolFailure } from '../pack/python-tool.js';
import { ScratchFolder } from '../pack/scratch-folder.js';
import type { ConversionName } from './conversions.js';
import { OptimizationError } from './optimization-error.js';

/** Runs a program, which ends at the latest with this process. */
async function run(program: string, args: readonly string[]): Promise<{ readonly stdout: string }> {
  const running = promisify(execFile)(program, args);
  const stop = () => running.child.kill();
  process.once('exit', stop);
  try {
    return await running;
  } finally {
    process.removeListener('exit', stop);
  }
}

/** Python packages that convert, by the name of their module, with the versions that are installed. */
const PINNED: Readonly<Record<string, string>> = {
  onnx: 'onnx==1.23.1',
  onnxruntime: 'onnxruntime==1.30.0',
  onnxscript: 'onnxscript==0.7.2',
  skl2onnx: 'skl2onnx==1.20.0',
  onnxmltools: 'onnxmltools==1.16.0',
  onnxconverter_common: 'onnxconverter-common==1.16.0',
  tf2onnx: 'tf2onnx==1.17.0',
  onnxslim: 'onnxslim==0.1.98',
};

/** Packages that are installed with what they need themselves, as none of it belongs to a framework. */
const BASE: readonly string[] = ['onnx', 'onnxruntime', 'onnxscript', 'onnxslim'];

const ESTIMATORS = ['onnx', 'skl2onnx', 'onnxmltools', 'onnxconverter_common'];
/** PyTorch exports itself. Its version is that of the model, and never installed. */
const TORCH = ['onnx', 'onnxscript', 'torch'];

/** Modules that convert a format to ONNX. */
const OF_FORMATS: Partial<Record<ModelFormat, readonly string[]>> = {
  pickle: ESTIMATORS,
  skops: ESTIMATORS,
  lightgbm: ESTIMATORS,
  xgboost: ESTIMATORS,
  saved_model: ['onnx', 'tf2onnx'],
  torchscript: TORCH,
  exported_program: TORCH,
  torch_pickle: TORCH,
};

/** Modules that change an ONNX model. */
const OF_CONVERSIONS: Readonly<Record<Exclude<ConversionName, 'onnx'>, readonly string[]>> = {
  graph: ['onnx', 'onnxruntime', 'onnxslim'],
  fp16: ['onnx', 'onnxruntime'],
  int8: ['onnx', 'onnxruntime'],
  'int8-static': ['onnx', 'onnxruntime'],
};

/** One run of a converter, which writes `model.onnx` into `out`. */
export interface ConversionRequest {
  readonly convert: ConversionName;
  readonly path: string;
  readonly format: ModelFormat;
  readonly out: string;
  /** Whether loading the model may run code from its file. */
  readonly trusted: boolean;
  readonly declared: Pick<Manifest, 'inputs' | 'outputs'>;
  /** Folder of the modules that a pickle imports. */
  readonly code?: string;
  /** Inputs of requests for ranges within the model, by name. */
  readonly calibration?: readonly Readonly<Record<string, CalibrationTensor>>[];
}

/** A tensor of numbers. */
export interface CalibrationTensor {
  readonly data: readonly number[];
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/** How the converters are found. */
export interface ConverterOptions {
  /** Whether missing converters are installed from PyPI into an environment of their own. */
  readonly install: boolean;
  readonly onStep: (step: string) => void;
}

/**
 * Runs a converter in the interpreter that `MODELSHIP_PYTHON` names, or in an environment with its packages and the
 * converters. Returns the versions of the converters.
 *
 * @throws OptimizationError `CONVERTER_MISSING` if Python lacks a package and may not install it, `CONVERSION_FAILED` if no
 * converter takes the model
 */
export async function convert(
  request: ConversionRequest,
  { install, onStep }: ConverterOptions,
): Promise<Readonly<Record<string, string>>> {
  const modules = modulesFor(request);
  const result = await runPythonTool<Versions>({ ...request, modules }, request.out);
  if (!result.failure) return result.report.versions;
  if (result.failure.kind === 'FAILED') throw failed(request, result.failure);
  if (!install) throw missing(modules, result.failure);
  const python = await environmentWith(modules, result.failure.python, onStep);
  const again = await runPythonTool<Versions>({ ...request, modules }, request.out, python);
  if (again.failure)
    throw again.failure.kind === 'FAILED' ? failed(request, again.failure) : missing(modules, again.failure);
  return again.report.versions;
}

interface Versions {
  readonly versions: Readonly<Record<string, string>>;
}

function modulesFor({ convert, format }: ConversionRequest): readonly string[] {
  if (convert !== 'onnx') return OF_CONVERSIONS[convert];
  const modules = OF_FORMATS[format];
  if (modules) return modules;
  const formats = Object.keys(OF_FORMATS).join(', ');
  throw new OptimizationError(
    'CONVERSION_FAILED',
    `no converter to ONNX takes the format ${format}. Formats with one: ${formats}.`,
  );
}

/** Returns what is installed for modules. */
function pinsOf(modules: readonly string[]): string[] {
  return modules.flatMap((name) => PINNED[name] ?? []);
}

function missing(modules: readonly string[], { python, text }: ToolFailure): OptimizationError {
  const pinned = pinsOf(modules).join(' ');
  return new OptimizationError(
    'CONVERTER_MISSING',
    `${python} cannot convert the model (${text}). Add --install to install the converters from PyPI into an environment of ` +
      `their own, or run \`pip install ${pinned}\`, or name another interpreter with MODELSHIP_PYTHON.`,
  );
}

function failed({ format, convert }: ConversionRequest, { text }: ToolFailure): OptimizationError {
  const target = convert === 'onnx' ? `a model of the format ${format} to ONNX` : `the model to ${convert}`;
  return new OptimizationError('CONVERSION_FAILED', `the converter cannot convert ${target}: ${text}.`);
}

/** What an environment is made from: the folders of packages of the interpreter, and modules that it lacks. */
const PROBE = `
import importlib.util, json, os, sys
lacking = [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]
packages = [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")]
print(json.dumps({"packages": packages, "version": sys.version, "lacking": lacking}))
`;

interface Probed {
  readonly packages: readonly string[];
  readonly version: string;
  readonly lacking: readonly string[];
}

/**
 * Returns the interpreter of an environment in the cache folder with the packages of `python` and the modules. Packages
 * that `python` has keep their versions, as the model was saved with them.
 */
async function environmentWith(
  modules: readonly string[],
  python: string,
  onStep: (step: string) => void,
): Promise<string> {
  try {
    const { stdout } = await run(python, ['-c', PROBE, ...modules]);
    const probed = JSON.parse(stdout) as Probed;
    const pins = pinsOf(probed.lacking);
    const key = createHash('sha256')
      .update([...probed.packages, probed.version, ...pins].join('\n'))
      .digest('hex');
    const environment = join(cacheRoot(), 'converters', key);
    if (!existsSync(environment)) {
      onStep(`Install ${pins.join(', ')}`);
      await install(environment, python, probed);
    }
    return interpreterOf(environment);
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    const last = stderr?.trim().split('\n').at(-1) || message;
    throw new OptimizationError('CONVERTER_MISSING', `the converters cannot be installed: ${last}.`);
  }
}

async function install(environment: string, python: string, { packages, lacking }: Probed): Promise<void> {
  mkdirSync(dirname(environment), { recursive: true });
  const scratch = new ScratchFolder(`${environment}-`);
  const filling = scratch.path;
  try {
    await run(python, ['-m', 'venv', filling]);
    const own = interpreterOf(filling);
    const purelib = await run(own, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))']);
    // Editable packages are known by files of their folder, which a plain line would not read.
    const lines = packages.map((path) => `import site; site.addsitedir(${JSON.stringify(path)})\n`);
    writeFileSync(join(purelib.stdout.trim(), 'packages.pth'), lines.join(''));
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    const [base, others] = [true, false].map((isBase) =>
      pinsOf(lacking.filter((name) => BASE.includes(name) === isBase)),
    );
    if (base!.length > 0) await run(own, [...pip, ...base!]);
    // Their own requirements would replace packages of the model's framework by other versions.
    if (others!.length > 0) await run(own, [...pip, '--no-deps', ...others!]);
    chmodSync(filling, 0o755);
    renameSync(filling, environment);
  } catch (error) {
    // Another process may have made the same environment meanwhile.
    if (!existsSync(environment)) throw error;
  } finally {
    scratch.remove();
  }
}

function interpreterOf(environment: string): string {
  return process.platform === 'win32' ? join(environment, 'Scripts', 'python.exe') : join(environment, 'bin', 'python');
}

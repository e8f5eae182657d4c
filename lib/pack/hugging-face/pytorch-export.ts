import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { pythonFolder, workerEnvironment } from '@modelship/runtime/serve';
import { pythonOptions } from '../python-options.js';
import type { TorchvisionProcessor } from './image-steps.js';
import type { ImageLibrary, ImageTaskType } from './image-task.js';
import type { TaskType } from './text-tasks.js';

/** What PyTorch exports. */
export type ExportRequest = TextExportRequest | ImageExportRequest;

interface SharedRequest {
  /** Folder of the model. */
  readonly folder: string;
  /** Folder that `model.onnx` is written to, and `tokenizer.json` of a text model. */
  readonly out: string;
  /** Input values of each sample, by input name. */
  readonly samples: readonly Readonly<Record<string, unknown>>[];
}

/** A model that takes pictures. */
export interface ImageExportRequest extends SharedRequest {
  readonly library: ImageLibrary;
  readonly type: ImageTaskType;
}

/** A model that takes texts. */
export interface TextExportRequest extends SharedRequest {
  /** Folder of the transformer, often the same. */
  readonly transformer: string;
  readonly type: TaskType;
  /** Whether the graph includes the modules of sentence-transformers after the transformer. */
  readonly whole: boolean;
  /** Whether the model gives one number for each token of the vocabulary. */
  readonly sparse: boolean;
}

/** Result of an export. */
export interface ExportReport {
  /** Answers of the original to each sample, by output name. */
  readonly originals: readonly Readonly<Record<string, unknown>>[];
  /** What differs between the original and its export. */
  readonly notes: readonly string[];
  /** Versions of the libraries that exported. */
  readonly versions: Readonly<Record<string, string>>;
  /** Preprocessing and labels that only the library knows. @default - the folder has them */
  readonly processor?: TorchvisionProcessor;
}

/** File in which the exporter reports. */
const REPORT_FILE = 'export.json';

/** Packages that the export needs, by the library of the model. */
const PACKAGES: Readonly<Record<'texts' | ImageLibrary, string>> = {
  texts: 'torch transformers sentence-transformers onnx onnxscript',
  transformers: 'torch transformers pillow onnx onnxscript',
  timm: 'torch timm torchvision pillow safetensors onnx onnxscript',
  torchvision: 'torch torchvision pillow safetensors onnx onnxscript',
};

/**
 * Exports a model to ONNX by PyTorch, in the interpreter that `MODELSHIP_PYTHON` names, and runs the original.
 *
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` if Python lacks a package, `ARTIFACT_INVALID` if the model cannot be
 * loaded or exported
 */
export async function exportByPytorch(request: ExportRequest): Promise<ExportReport> {
  const { python = 'python3', workerEnvironment: names } = pythonOptions();
  const temporary = mkdtempSync(join(tmpdir(), 'modelship-export-'));
  try {
    const environment = workerEnvironment(1, temporary, names);
    const reason = await runPython(python, JSON.stringify(request), environment);
    if (reason !== undefined) throw failure(request, python, reason);
    const report = join(request.out, REPORT_FILE);
    const result = JSON.parse(readFileSync(report, 'utf8')) as ExportReport;
    rmSync(report);
    return result;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Runs the exporter. Returns the last line that it wrote if it failed. */
function runPython(python: string, request: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(python, ['-m', 'modelship_export'], {
      cwd: pythonFolder(),
      env: environment,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    const stop = () => child.kill();
    process.once('exit', stop);
    let written = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      written = (written + text).slice(-10_000);
    });
    child.once('error', (error) => resolve(`START ${error.message}`));
    child.once('close', (code, signal) => {
      process.removeListener('exit', stop);
      const last = written.trimEnd().split('\n').at(-1)!;
      resolve(code === 0 ? undefined : /^(?:MODULE|FAILED) /.test(last) ? last : `FAILED ${signal ?? last}`);
    });
    // A process that ended before it read the request is reported by its exit code.
    child.stdin.on('error', () => {}).end(request);
  });
}

function failure(request: ExportRequest, python: string, reason: string): ModelPackageError {
  const { folder } = request;
  const packages = PACKAGES['library' in request ? request.library : 'texts'];
  const [kind, text] = [reason.slice(0, reason.indexOf(' ')), reason.slice(reason.indexOf(' ') + 1)];
  if (kind === 'FAILED') {
    return new ModelPackageError(
      'ARTIFACT_INVALID',
      `${folder} cannot be exported by PyTorch: ${text}. Export it to ONNX yourself, and pack the folder with that file.`,
    );
  }
  return new ModelPackageError(
    'FORMAT_UNSUPPORTED',
    `${folder} has weights of PyTorch, and ${python} cannot export them (${kind === 'START' ? text : `it has no module ${text}`}). ` +
      `Install what is missing with \`pip install ${packages}\`, or name another interpreter with MODELSHIP_PYTHON.`,
  );
}

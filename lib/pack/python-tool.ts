import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { pythonFolder, workerEnvironment } from '@modelship/runtime/serve';
import { pythonOptions } from './python-options.js';
import { ScratchFolder } from './scratch-folder.js';

/** Reason why the tool did not do its work. */
export interface ToolFailure {
  /** Interpreter that ran it. */
  readonly python: string;
  /** Whether the interpreter or a module that it needs is missing, or the work failed. */
  readonly kind: 'MISSING' | 'FAILED';
  /** Reason, for people. */
  readonly text: string;
}

/** Report of the tool, or the reason why there is none. */
export type ToolResult<Report> =
  | { readonly report: Report; readonly failure?: undefined }
  | { readonly report?: undefined; readonly failure: ToolFailure };

/** Module of the runtime that reads what other tools saved, for the command line. */
const MODULE = 'modelship_export';

/** File in which the tool reports. */
const REPORT_FILE = 'export.json';

/**
 * Runs a request of `modelship_export` in the interpreter that `MODELSHIP_PYTHON` names.
 *
 * @param request what to do
 * @param results folder for files beside the report. @default - a temporary folder that is removed
 * @param interpreter another interpreter
 */
export async function runPythonTool<Report>(
  request: object,
  results?: string,
  interpreter?: string,
): Promise<ToolResult<Report>> {
  const { python: configured = 'python3', workerEnvironment: names } = pythonOptions();
  const python = interpreter ?? configured;
  const scratch = new ScratchFolder(join(tmpdir(), 'modelship-python-'));
  const temporary = scratch.path;
  const out = results ?? temporary;
  try {
    const last = await run(python, JSON.stringify({ ...request, out }), workerEnvironment(1, temporary, names));
    if (last !== undefined) {
      const [kind, ...words] = last.split(' ');
      const text = `${kind === 'MODULE' ? 'it has no module ' : ''}${words.join(' ')}`;
      return { failure: { python, kind: kind === 'FAILED' ? kind : 'MISSING', text } };
    }
    const file = join(out, REPORT_FILE);
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    rmSync(file);
    return { report };
  } finally {
    scratch.remove();
  }
}

/** Errors of a request without which packing cannot go on. */
export interface ToolErrors {
  /** What the interpreter cannot do, for people: the beginning of a sentence. */
  readonly missing: (python: string) => string;
  /** What to do about that, for people: the beginning of a sentence. */
  readonly fix: string;
  /** Error of work that failed for a reason. */
  readonly failed: (reason: string) => ModelPackageError;
}

/**
 * Runs a request like `runPythonTool`, and returns its report.
 *
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` if the interpreter or a module that it needs is missing, or the error of
 * work that failed
 */
export async function requirePythonTool<Report>(
  request: object,
  { missing, fix, failed }: ToolErrors,
  results?: string,
): Promise<Report> {
  const { report, failure } = await runPythonTool<Report>(request, results);
  if (!failure) return report;
  const { kind, python, text } = failure;
  if (kind === 'FAILED') throw failed(text);
  throw new ModelPackageError(
    'FORMAT_UNSUPPORTED',
    `${missing(python)} (${text}). ${fix}, or name another interpreter with MODELSHIP_PYTHON.`,
  );
}

/** Runs the tool. Returns the last line that it wrote if it failed. */
function run(python: string, request: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(python, ['-m', MODULE], {
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

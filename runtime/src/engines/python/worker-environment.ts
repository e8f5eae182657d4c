import { delimiter, resolve } from 'node:path';

/**
 * Variables of the server that workers inherit: those of Python, the dynamic linker, the locale and the numeric
 * libraries. All others stay in the server, because they include credentials.
 */
const INHERITED = new RegExp(
  `^(${[
    'PATH|HOME|USER|LOGNAME|TZ|LANG|LANGUAGE|LC_\\w+|SYSTEMROOT',
    'PYTHON\\w+|VIRTUAL_ENV|CONDA_PREFIX|LD_LIBRARY_PATH|LD_PRELOAD|DYLD_\\w+',
    '(OMP|GOMP|KMP|MKL|OPENBLAS|BLIS|NUMEXPR|LOKY|MALLOC|TF|XLA|TORCH|PYTORCH|CUDA|CUDNN|NCCL|NVIDIA|DNNL|ONEDNN)_\\w+',
  ].join('|')})$`,
);

/**
 * Returns the environment of a worker process.
 *
 * @param threads number of threads for one run
 * @param folder folder for its temporary files @default - it inherits none
 * @param names further variables of the server that it inherits
 */
export function workerEnvironment(
  threads: number,
  folder: string | undefined,
  names: readonly string[] = [],
): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (INHERITED.test(name) || names.includes(name))) inherited[name] = value;
  }
  const count = String(threads);
  return {
    ...inherited,
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    OMP_NUM_THREADS: count,
    OPENBLAS_NUM_THREADS: count,
    MKL_NUM_THREADS: count,
    // Without the variable, joblib counts cores with a tool that images lack.
    LOKY_MAX_CPU_COUNT: count,
    ...(folder !== undefined && { TMPDIR: folder }),
    ...(inherited.PYTHONPATH && { PYTHONPATH: absolute(inherited.PYTHONPATH) }),
  };
}

/** Resolves the module search path of pickles to absolute paths, because the worker runs in another folder. */
function absolute(pythonPath: string): string {
  return pythonPath
    .split(delimiter)
    .map((folder) => resolve(folder))
    .join(delimiter);
}

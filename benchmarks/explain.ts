import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Comparison, compare, type Side } from './support/pairs.js';
import { CACHE, FRAMEWORK_PYTHON, PEERS, peerPython, run } from './support/peers.js';
import { SERVER_CPU } from './support/process.js';
import type { Settings } from './support/settings.js';

/** Models of trees by the names of their benchmarks. */
export const EXPLAINED: Readonly<Record<string, { readonly title: string; readonly file: string }>> = {
  xgboost: { title: 'XGBoost, 100 trees', file: 'xgboost.ubj' },
  'xgboost-classes': { title: 'XGBoost, 3 classes of 40 trees', file: 'xgboost-classes.ubj' },
  lightgbm: { title: 'LightGBM, 100 trees', file: 'lightgbm.txt' },
  forest: { title: 'random forest of scikit-learn, 3 classes, 50 trees', file: 'forest.pkl' },
  'extra-trees': { title: 'extra trees of scikit-learn, 50 trees', file: 'extra.pkl' },
  boosting: { title: 'gradient boosting of scikit-learn, 100 trees', file: 'boosting.pkl' },
};

/** Maximum relative difference between the sums of the effects, which add up numbers of 32 bits. */
const SAME = 1e-4;

/** What a side prints. */
interface Explained {
  readonly milliseconds: number;
  /** Sum of the absolute effects. */
  readonly sum: number;
}

/** Exact interventional effects of 20 features for 100 rows with 100 background rows. The sides must agree. */
export function benchmarkExplain(model: string, { rounds }: Settings): Promise<Comparison> {
  const folder = join(CACHE, 'explain');
  if (!existsSync(join(folder, 'rows.json'))) {
    mkdirSync(folder, { recursive: true });
    run(FRAMEWORK_PYTHON, [join(PEERS, 'explain.py'), folder]);
  }
  const explained = (command: string, script: string, what: readonly string[] = []): Explained => {
    const args = ['-c', String(SERVER_CPU), command, join(PEERS, script), folder, EXPLAINED[model]!.file, ...what];
    const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
    return JSON.parse(execFileSync('taskset', args, { encoding: 'utf8', env }));
  };
  let expected = Number.NaN;
  const shap: Side = {
    name: 'shap',
    run: async () => {
      const { milliseconds, sum } = explained(peerPython('shap.txt'), 'explain.py');
      expected = sum;
      return milliseconds;
    },
  };
  const modelship: Side = {
    name: 'Modelship',
    run: async () => {
      const { milliseconds, sum } = explained(process.execPath, 'explain.cjs', [FRAMEWORK_PYTHON]);
      if (Math.abs(sum / expected - 1) > SAME)
        throw new Error(`the effects add up to ${sum}, and those of shap to ${expected}`);
      return milliseconds;
    },
  };
  const predictions: Side = {
    name: 'a prediction for each pair of rows',
    run: async () => explained(FRAMEWORK_PYTHON, 'explain.py', ['predictions']).milliseconds,
  };
  return compare('ms', rounds, [shap, modelship, predictions]);
}

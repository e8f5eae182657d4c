import type { Artifact, Engine, EngineOptions, LoadedModel } from '../engine.js';
import { loadTrees } from './trees-model.js';

/** Runs models of XGBoost in this process where packing found the same predictions, or else in a Python worker. */
export const xgboostEngine: Engine = {
  async load(artifact: Artifact, options: EngineOptions): Promise<LoadedModel> {
    const model = artifact.needsPython === false ? await loadTrees(artifact.path) : undefined;
    if (model) return model;
    const { pythonEngine } = await import('../python/python-engine.js');
    return pythonEngine.load(artifact, options);
  },
};

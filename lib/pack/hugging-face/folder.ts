import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ModelPackageError } from '@modelship/runtime/manifest';
import { type Json, readJsonFile } from '../json-file.js';

/** A folder in the layout of the Hugging Face hub, as transformers and sentence-transformers save it. */
export class HuggingFaceFolder {
  /** Folder of the transformer, with its configuration, tokenizer and weights. Often `root` itself. */
  readonly transformer: string;
  /** Steps of sentence-transformers, in order. Undefined if another library saved the model. */
  readonly modules: readonly Json[] | undefined;
  /** Contents of `config.json`. */
  readonly config: Json;

  /**
   * Opens the folder at `root`.
   *
   * @throws ModelPackageError `FILE_MISSING` without `config.json`, `ARTIFACT_INVALID` if a file is not JSON
   */
  constructor(readonly root: string) {
    const modules = readJson(join(root, 'modules.json'));
    this.modules = Array.isArray(modules) ? modules : undefined;
    const first = this.modules?.[0]?.path;
    this.transformer = typeof first === 'string' && first !== '' ? join(root, first) : root;
    const config = this.json('config.json');
    if (!config) {
      throw new ModelPackageError(
        'FILE_MISSING',
        `${join(this.transformer, 'config.json')} is missing. Save the model again with \`model.save_pretrained(FOLDER)\`.`,
      );
    }
    this.config = config;
  }

  /** Class of Transformers that the model was saved as, such as `BertModel`. Undefined if `config.json` names none. */
  get architecture(): string | undefined {
    const { architectures } = this.config;
    return Array.isArray(architectures) ? String(architectures[0]) : undefined;
  }

  /** Returns the object in a file of the transformer. Undefined if there is no such file. */
  json(name: string): Json | undefined {
    return object(join(this.transformer, name));
  }

  /** Returns the object in a file of the whole model. Undefined if there is no such file. */
  rootJson(name: string): Json | undefined {
    return object(join(this.root, name));
  }
}

/** Whether `path` is a folder that a library of Hugging Face saved. */
export function isHuggingFaceFolder(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
  return ['config.json', 'modules.json'].some((name) => existsSync(join(path, name)));
}

function object(path: string): Json | undefined {
  const json = readJson(path);
  if (json === undefined) return undefined;
  if (json !== null && typeof json === 'object' && !Array.isArray(json)) return json as Json;
  throw new ModelPackageError('ARTIFACT_INVALID', `${path} must contain a JSON object. Save or copy it again.`);
}

function readJson(path: string): unknown {
  return existsSync(path) ? readJsonFile(path) : undefined;
}

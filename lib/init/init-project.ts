import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { MANIFEST_FILE, type Manifest, readManifest, trustFor, verifyFiles } from '@modelship/runtime/manifest';
import { list } from 'tar';
import { packModel } from '../pack/index.js';
import { ScratchFolder } from '../pack/scratch-folder.js';
import { cdkFiles } from './cdk-files.js';
import { commonFiles } from './common-files.js';
import type { Project } from './project.js';
import type { Engine, Target } from './targets.js';
import { terraformFiles } from './terraform-files.js';
import { MODELSHIP_VERSION } from './versions.js';
import { workflow } from './workflow.js';

export interface InitOptions {
  /** Folder of the repository; its last part is the name. */
  readonly directory: string;
  readonly target: Target;
  readonly engine: Engine;
  /** A saved model, or the folder of a package. */
  readonly model: string;
  /** JSON file of requests for a saved model. @default - no golden samples */
  readonly samples?: string;
  /** Whether a format whose loading can run code may be used. @default false */
  readonly trustPickle?: boolean;
  /** Whether a package may have a handler, which is code. @default false */
  readonly trustCode?: boolean;
  /** Tarballs of Modelship's packages to install. @default - this version from the registry */
  readonly tarballs?: readonly string[];
  /** Called with each step when it starts. @default - steps are not reported */
  readonly onStep?: (step: string) => void;
}

/** A folder or a tarball that a repository cannot be made with. */
export class InitError extends Error {
  override readonly name = 'InitError';

  constructor(
    readonly code: 'NAME_INVALID' | 'OUTPUT_EXISTS' | 'TARBALL_INVALID',
    message: string,
  ) {
    super(message);
  }
}

/**
 * Makes a deployment repository, and returns the manifest of its model. On failure nothing is left behind.
 *
 * @throws InitError or ModelPackageError
 */
export async function initProject(options: InitOptions): Promise<Manifest> {
  const directory = resolve(options.directory);
  const name = basename(directory);
  checkName(name);
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new InitError('OUTPUT_EXISTS', `${directory} is not empty. Give the name of a new folder.`);
  }
  mkdirSync(dirname(directory), { recursive: true });
  const scratch = new ScratchFolder(join(dirname(directory), `.${name}-`));
  const stage = scratch.path;
  try {
    const manifest = await addModel(options, name, stage);
    options.onStep?.('Write the files');
    const modelship = await addTarballs(options.tarballs, stage);
    const { target, engine } = options;
    const needed = trustFor(manifest.format);
    const trust = needed && options[needed] ? needed : undefined;
    const files = projectFiles({ name, target, engine, model: manifest.name, trust, modelship });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(stage, path)), { recursive: true });
      writeFileSync(join(stage, path), text);
    }
    rmSync(directory, { recursive: true, force: true });
    renameSync(stage, directory);
    return manifest;
  } finally {
    scratch.remove();
  }
}

/** The name is also that of the npm package, of the stack and of the Terraform state. */
function checkName(name: string): void {
  if (/^[a-z][a-z0-9-]{0,62}$/.test(name)) return;
  throw new InitError(
    'NAME_INVALID',
    `the name ${JSON.stringify(name)} must have at most 63 lowercase letters, digits and hyphens, and start with a letter.`,
  );
}

async function addModel(options: InitOptions, name: string, stage: string): Promise<Manifest> {
  const { model: source, samples, trustPickle, trustCode, onStep } = options;
  if (!existsSync(join(source, MANIFEST_FILE))) {
    return packModel({ source, name, samples, trustPickle, trustCode, onStep, out: join(stage, 'models', name) });
  }
  onStep?.('Copy the package');
  const manifest = readManifest(source);
  await verifyFiles(source, manifest);
  cpSync(source, join(stage, 'models', manifest.name), { recursive: true, dereference: true });
  return manifest;
}

/** Copies the tarballs into the repository, so that it installs on other machines too, and returns the dependencies. */
async function addTarballs(tarballs: readonly string[] = [], stage: string): Promise<Record<string, string>> {
  if (tarballs.length === 0) return { modelship: MODELSHIP_VERSION };
  const dependencies: Record<string, string> = {};
  mkdirSync(join(stage, 'vendor'));
  for (const tarball of tarballs) {
    dependencies[await packageName(tarball)] = `file:vendor/${basename(tarball)}`;
    copyFileSync(tarball, join(stage, 'vendor', basename(tarball)));
  }
  return dependencies;
}

async function packageName(tarball: string): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    await list({
      file: tarball,
      onReadEntry: (entry) => {
        if (entry.path === 'package/package.json') entry.on('data', (chunk) => chunks.push(chunk));
      },
    });
    return JSON.parse(Buffer.concat(chunks).toString()).name;
  } catch (error) {
    throw new InitError(
      'TARBALL_INVALID',
      `${tarball} is not a tarball of an npm package (${(error as Error).message}). ` +
        'Make it with `npm run tarballs -- FOLDER` in the repository of Modelship.',
    );
  }
}

/** Returns the text of each file of the repository by path; the model's package is not among them. */
function projectFiles(project: Project): Readonly<Record<string, string>> {
  return {
    ...commonFiles(project),
    ...(project.engine === 'cdk' ? cdkFiles(project) : terraformFiles(project)),
    '.github/workflows/ci.yml': workflow(project),
  };
}

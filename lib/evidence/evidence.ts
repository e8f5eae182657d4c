import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDigests, type Manifest, readManifest, SAMPLES_FILE, verifyFiles } from '@modelship/runtime/manifest';
import { checkPickles, type PickleFinding } from '@modelship/runtime/serve';
import { SIGNATURE_FILE, type SignatureTrust, verifySignature } from '@modelship/runtime/signature';
import { packageRoot } from '../bundle/package-root.js';
import { readProofFile } from '../model/proof-file.js';
import { billOfMaterials, type PerformanceMetric, type SoftwarePackage } from './bill-of-materials.js';
import { sha256 } from './hash.js';
import { type TemplateFacts, TemplateUnknown, templateFacts } from './template-facts.js';

/** What to collect about a release. */
export interface EvidenceOptions {
  /** Folder of the package. */
  readonly directory: string;
  /** Whose signature the package must have. @default - the evidence says whether a signature exists, and verifies none */
  readonly trust?: SignatureTrust | undefined;
  /** Synthesized templates, or folders with them, such as `cdk.out`. @default - none */
  readonly templates?: readonly string[];
  /** File with the output of `modelship evaluate --json`. @default - none */
  readonly evaluation?: string | undefined;
}

/** Facts about one release. Each can be checked again with the same files. */
export interface Evidence {
  readonly schemaVersion: 1;
  readonly model: Pick<Manifest, 'name' | 'version' | 'format' | 'digest' | 'inputs' | 'outputs' | 'files'>;
  /** Signature of the package. `isVerified` is false if none was asked to be verified. Null if there is no signature. */
  readonly signature: {
    readonly isVerified: boolean;
    readonly sha256: string;
    readonly digest?: string;
    readonly signer?: string;
  } | null;
  readonly samples: Manifest['samples'] & { readonly sha256?: string };
  readonly evaluation: { readonly sha256: string; readonly result: unknown } | null;
  /** Proof of the conversion that made the package from another one. Null if there was none. */
  readonly optimization: unknown;
  /** Imports of the pickles that are not of known frameworks. */
  readonly unknownImports: readonly PickleFinding[];
  readonly templates: readonly (TemplateFacts & { readonly file: string; readonly sha256: string })[];
  /** Bill of materials beside this file. */
  readonly billOfMaterials: { readonly file: string; readonly sha256: string };
}

/** Files of the evidence. */
export const EVIDENCE_FILE = 'evidence.json';
export const BILL_FILE = 'bom.cdx.json';

/**
 * Collects the evidence of a release, and writes it as two files into a folder: `evidence.json`, and a bill of materials in
 * CycloneDX, `bom.cdx.json`. The same release gives the same bytes.
 *
 * @throws ModelPackageError if the files of the package differ from its manifest, its signature is not trusted, or its model
 * is not loaded even if it is trusted (`PICKLE_HOSTILE`)
 * @throws TemplateUnknown if a file is not a synthesized template
 */
export async function writeEvidence(options: EvidenceOptions, out: string): Promise<Evidence> {
  const { directory, trust, templates = [] } = options;
  const manifest = readManifest(directory);
  await verifyFiles(directory, manifest);
  const evaluation = options.evaluation === undefined ? null : await evaluationOf(options.evaluation);
  const software = [...serverSoftware(), ...pythonSoftware(manifest)];
  const bill = text(billOfMaterials(manifest, software, metricsOf(evaluation?.result)));
  const { name, version, format, digest, inputs, outputs, files, samples } = manifest;
  const evidence: Evidence = {
    schemaVersion: 1,
    model: { name, version, format, digest, inputs, outputs, files },
    signature: await signatureOf(directory, manifest, trust),
    samples: { ...samples, ...sampleHash(manifest) },
    evaluation,
    optimization: readProofFile(directory, manifest) ?? null,
    unknownImports: (await checkPickles(join(directory, manifest.artifact), format)).unknown,
    templates: await templatesOf(templates),
    billOfMaterials: { file: BILL_FILE, sha256: sha256(bill) },
  };
  await mkdir(out, { recursive: true });
  await writeFile(join(out, BILL_FILE), bill);
  await writeFile(join(out, EVIDENCE_FILE), text(evidence));
  return evidence;
}

function text(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function sampleHash({ files }: Manifest): { sha256?: string } {
  const file = files.find(({ path }) => path === SAMPLES_FILE);
  return file ? { sha256: file.sha256 } : {};
}

/** Describes the signature of a package, whose files were just verified. */
async function signatureOf(
  directory: string,
  manifest: Manifest,
  trust: SignatureTrust | undefined,
): Promise<Evidence['signature']> {
  const file = join(directory, SIGNATURE_FILE);
  const verified = trust && (await verifySignature(directory, trust, undefined, fileDigests(manifest)));
  if (!existsSync(file)) return null;
  const { digest, signer } = verified ?? {};
  return {
    isVerified: verified !== undefined,
    sha256: sha256(await readFile(file)),
    ...(digest !== undefined && { digest }),
    ...(signer !== undefined && { signer }),
  };
}

async function evaluationOf(file: string): Promise<{ sha256: string; result: unknown }> {
  const content = await readFile(file);
  try {
    return { sha256: sha256(content), result: JSON.parse(content.toString()) };
  } catch (error) {
    throw new Error(`${file} is not the output of \`modelship evaluate --json\`: ${(error as Error).message}.`);
  }
}

/** Returns the metrics of an evaluation with labels. That of golden samples has none. */
function metricsOf(result: unknown): PerformanceMetric[] {
  const { metrics } = (result ?? {}) as { readonly metrics?: unknown };
  if (typeof metrics !== 'object' || metrics === null || Array.isArray(metrics)) return [];
  return Object.entries(metrics)
    .filter(([, value]) => typeof value === 'number')
    .map(([type, value]) => ({ type, value: String(value) }));
}

/** Returns the server with the packages that it contains, whose versions are pinned. */
function serverSoftware(): SoftwarePackage[] {
  const file = join(packageRoot('@modelship/runtime', __filename), 'package.json');
  const { name, version, license, dependencies, devDependencies } = JSON.parse(readFileSync(file, 'utf8'));
  const contained = Object.entries({ ...dependencies, ...devDependencies } as Record<string, string>);
  return [
    { registry: 'npm', name, version, license },
    ...contained.map(([each, pinned]): SoftwarePackage => ({ registry: 'npm', name: each, version: pinned })),
  ];
}

function pythonSoftware({ requirements = [] }: Manifest): SoftwarePackage[] {
  return requirements.flatMap((line): SoftwarePackage[] => {
    const [, name, version] = /^([\w.-]+)(?:\[[^\]]*\])?==([^\s;]+)/.exec(line) ?? [];
    return name === undefined ? [] : [{ registry: 'pypi', name, version: version! }];
  });
}

async function templatesOf(paths: readonly string[]): Promise<Evidence['templates']> {
  const found: Evidence['templates'][number][] = [];
  for (const path of paths) {
    for (const file of await templateFiles(path)) {
      const content = await readFile(file);
      found.push({ file: file.replaceAll('\\', '/'), sha256: sha256(content), ...factsOf(file, content.toString()) });
    }
  }
  return found;
}

function factsOf(file: string, content: string): TemplateFacts {
  try {
    return templateFacts(JSON.parse(content));
  } catch (error) {
    throw new TemplateUnknown(
      `${file} is not a synthesized template: ${(error as Error).message}. Give a template, or the folder that ` +
        '`cdk synth` or `cdktf synth` wrote.',
    );
  }
}

/** Names of the templates that AWS CDK and CDKTF write. */
const TEMPLATE = /(\.template|(^|[\\/])cdk\.tf)\.json$/;

async function templateFiles(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const files = await readdir(path, { recursive: true });
  const templates = files.filter((file) => TEMPLATE.test(file)).sort();
  if (templates.length > 0) return templates.map((file) => join(path, file));
  throw new TemplateUnknown(
    `${path} has no synthesized templates. Give the folder that \`cdk synth\` or \`cdktf synth\` wrote.`,
  );
}

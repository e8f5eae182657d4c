import type { Manifest, ManifestTensor } from '@modelship/runtime/manifest';
import { sha256 } from './hash.js';

/** Software that serves a model. */
export interface SoftwarePackage {
  readonly registry: 'npm' | 'pypi';
  readonly name: string;
  readonly version: string;
  /** License as an SPDX identifier. @default - the package declares none here */
  readonly license?: string;
}

/** Number of an evaluation that a model card lists. */
export interface PerformanceMetric {
  readonly type: string;
  readonly value: string;
}

/**
 * Describes a model and the software that serves it as a bill of materials in CycloneDX 1.6. The same input gives the same
 * document: it has no time, and its serial number is derived from its content.
 *
 * https://cyclonedx.org/docs/1.6/json/
 */
export function billOfMaterials(
  manifest: Manifest,
  software: readonly SoftwarePackage[],
  metrics: readonly PerformanceMetric[],
): object {
  const model = modelComponent(manifest, metrics);
  const components = software.map(softwareComponent).sort((one, other) => (one['bom-ref'] < other['bom-ref'] ? -1 : 1));
  const content = {
    version: 1,
    metadata: { component: model },
    components,
    dependencies: [
      { ref: model['bom-ref'], dependsOn: components.map((each) => each['bom-ref']) },
      ...components.map((each) => ({ ref: each['bom-ref'] })),
    ],
  };
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(sha256(JSON.stringify(content)))}`,
    ...content,
  };
}

function modelComponent(manifest: Manifest, metrics: readonly PerformanceMetric[]) {
  const { name, version, format, digest, inputs, outputs, task, files } = manifest;
  return {
    type: 'machine-learning-model',
    'bom-ref': `model:${name}@${version}`,
    name,
    version,
    properties: [
      { name: 'modelship:digest', value: digest },
      { name: 'modelship:format', value: format },
    ],
    components: files.map(({ path, size, sha256: content }) => ({
      type: 'file',
      'bom-ref': `file:${path}`,
      name: path,
      hashes: [{ alg: 'SHA-256', content }],
      properties: [{ name: 'modelship:bytes', value: String(size) }],
    })),
    modelCard: {
      modelParameters: {
        ...(task && { task: task.type }),
        inputs: inputs.map(parameter),
        outputs: outputs.map(parameter),
      },
      ...(metrics.length > 0 && { quantitativeAnalysis: { performanceMetrics: metrics } }),
    },
  };
}

function parameter({ name, datatype, shape }: ManifestTensor): { format: string } {
  return { format: `${name} ${datatype} [${shape.join(', ')}]` };
}

function softwareComponent({ registry, name, version, license }: SoftwarePackage) {
  const purl = `pkg:${registry}/${encodeURIComponent(name).replace('%2F', '/')}@${encodeURIComponent(version)}`;
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    ...(license && { licenses: [{ license: { id: license } }] }),
    purl,
  };
}

/** Returns a UUID of version 8, whose bits the application defines: RFC 9562, 5.8. */
function uuidOf(hash: string): string {
  const variant = ((Number.parseInt(hash[16]!, 16) & 3) | 8).toString(16);
  const digits = `${hash.slice(0, 12)}8${hash.slice(13, 16)}${variant}${hash.slice(17, 32)}`;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

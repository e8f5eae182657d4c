import { DIGEST, VERSION } from './manifest/patterns.js';
import { MODEL_NAME, MODEL_NAME_RULE, type ModelEntry } from './models/model-entry.js';
import type { VersionPolicy } from './models/version-policy.js';

const LABEL = /^[^/:\s]{1,200}$/;
const KEYS: readonly string[] = ['location', 'versions', 'labels', 'digests'];

type Fault = (rule: string) => void;

/**
 * Parses the JSON list of models to serve. Each model name maps to a location, or to an object with `location`,
 * `versions`, `labels` and `digests`.
 *
 * `versions` is `"all"`, `{"latest": n}` or a list of versions, by default all. `labels` maps each label to a version.
 * `digests` lists the packages that may be loaded, by default any.
 *
 * @param fault receives each fault
 */
export function parseModels(text: string, fault: Fault): readonly ModelEntry[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's message repeats part of the text, which may contain the signature of a URL.
    fault('it is not valid JSON');
    return [];
  }
  if (!isObject(json) || Object.keys(json).length === 0) {
    fault('must be a JSON object that maps each model name to its location');
    return [];
  }
  return Object.entries(json).flatMap(([name, value]) => {
    const wrong: Fault = (rule) => fault(`model ${JSON.stringify(name)}: ${rule}`);
    if (!MODEL_NAME.test(name)) wrong(`${MODEL_NAME_RULE} are allowed in a name`);
    return parseEntry(name, typeof value === 'string' ? { location: value } : value, wrong);
  });
}

function parseEntry(name: string, value: unknown, fault: Fault): readonly ModelEntry[] {
  if (!isObject(value) || typeof value.location !== 'string' || value.location === '') {
    fault('must be a folder, a URL, or an object with a `location`');
    return [];
  }
  const unknown = Object.keys(value).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) fault(`got ${unknown.join(', ')}; ${KEYS.join(', ')} are allowed`);
  const { location, versions = 'all', labels = {}, digests } = value;
  return [
    {
      name,
      location,
      digests: parseDigests(digests, fault),
      policy: parsePolicy(versions, fault),
      labels: parseLabels(labels, fault),
    },
  ];
}

function parsePolicy(versions: unknown, fault: Fault): VersionPolicy {
  if (versions === 'all') return { kind: 'all' };
  if (Array.isArray(versions) && versions.length > 0 && versions.every((each) => VERSION.test(String(each)))) {
    return { kind: 'specific', versions: versions.map(String) };
  }
  const latest = isObject(versions) && Object.keys(versions).length === 1 ? versions.latest : undefined;
  if (Number.isInteger(latest) && (latest as number) > 0) return { kind: 'latest', count: latest as number };
  fault(`versions: got ${JSON.stringify(versions)}; "all", {"latest": 1} and a list of versions are allowed`);
  return { kind: 'all' };
}

function parseLabels(labels: unknown, fault: Fault): Readonly<Record<string, string>> {
  const entries = isObject(labels) ? Object.entries(labels) : [['', '']];
  if (entries.every(([label, version]) => LABEL.test(String(label)) && VERSION.test(String(version)))) {
    return Object.fromEntries(entries.map(([label, version]) => [label, String(version)]));
  }
  fault(`labels: got ${JSON.stringify(labels)}; must map each label to a version, such as {"stable": 3}`);
  return {};
}

function parseDigests(digests: unknown, fault: Fault): readonly string[] | undefined {
  if (digests === undefined) return undefined;
  if (Array.isArray(digests) && digests.length > 0 && digests.every((each) => DIGEST.test(String(each)))) {
    return digests.map(String);
  }
  fault(
    `digests: got ${JSON.stringify(digests)}; must be a list of digests, each \`sha256:\` and 64 hexadecimal digits`,
  );
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

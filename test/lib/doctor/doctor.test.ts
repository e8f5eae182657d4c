import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkNode, type Finding } from '../../../lib/doctor/checks.js';
import { modelship, ROOT } from '../cli/support.js';

// A machine that has the tools that a test puts into a folder, and no others.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'modelship-doctor-'));
  vi.stubEnv('PATH', folder);
  vi.stubEnv('MODELSHIP_PYTHON', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function tool(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

async function doctor(...args: string[]): Promise<{ code: number; findings: Record<string, Finding> }> {
  const { code, stdout } = await modelship('doctor', ...args, '--json');
  const findings: Finding[] = JSON.parse(stdout).findings;
  return { code, findings: Object.fromEntries(findings.map((finding) => [finding.check, finding])) };
}

test.each([
  ['18.20.0', 'missing'],
  ['20.18.9', 'missing'],
  ['20.19.0', 'ok'],
  ['24.0.0', 'ok'],
])('Node.js %s is %s', (version, status) => {
  expect(checkNode(version)).toMatchObject({ status });
});

describe('a format of Python', () => {
  test('needs an interpreter', async () => {
    const { code, findings } = await doctor('--format', 'pickle');
    expect(code).toBe(1);
    expect(findings.Python).toMatchObject({ status: 'missing', fix: expect.stringContaining('MODELSHIP_PYTHON') });
  });

  test('finds the frameworks of the interpreter that MODELSHIP_PYTHON names', async () => {
    vi.stubEnv('MODELSHIP_PYTHON', join(ROOT, '.venv/bin/python'));
    const { code, findings } = await doctor('--format', 'pickle');
    expect(code).toBe(0);
    expect(findings['scikit-learn']).toMatchObject({ status: 'ok' });
  });

  test('names what to install', async () => {
    const bare = join(folder, 'bare');
    tool('bare', `exec ${join(ROOT, '.venv/bin/python')} -S "$@"`);
    vi.stubEnv('MODELSHIP_PYTHON', bare);
    const { code, findings } = await doctor('--format', 'saved_model');
    expect(code).toBe(1);
    expect(findings.tensorflow).toMatchObject({ status: 'missing', fix: `${bare} -m pip install tensorflow` });
  });

  test('is not needed by ONNX', async () => {
    expect(await doctor('--format', 'onnx')).toMatchObject({ code: 0, findings: { 'Node.js': { status: 'ok' } } });
  });
});

describe('a target', () => {
  test('of AWS looks at the account and its bootstrap, and at Docker where images are built', async () => {
    tool(
      'aws',
      'case "$1" in sts) echo 123456789012;; ssm) echo "An error occurred (ParameterNotFound)" >&2; exit 254;; esac',
    );
    tool(
      'docker',
      'case "$1 $2" in "version --format") echo 28.0.1;; "buildx inspect") echo "Platforms: linux/amd64";; esac',
    );
    const { code, findings } = await doctor('--target', 'ecs');
    expect(code).toBe(1);
    expect(findings).toMatchObject({
      'AWS account': { status: 'ok', detail: '123456789012' },
      'CDK bootstrap': { status: 'missing', fix: 'npx cdk bootstrap' },
      Docker: { status: 'ok', detail: '28.0.1' },
      'Images for Arm': { status: 'missing', fix: expect.stringContaining('binfmt --install arm64') },
    });
    expect(Object.keys((await doctor('--target', 'lambda')).findings)).not.toContain('Docker');
  });

  test('whose tools are there has no fault', async () => {
    tool('aws', 'case "$1" in sts) echo 123456789012;; ssm) echo 21;; esac');
    expect(await doctor('--target', 'lambda')).toMatchObject({
      code: 0,
      findings: { 'CDK bootstrap': { detail: 'version 21' } },
    });
  });

  test('of AWS is not judged without the AWS CLI', async () => {
    expect(await doctor('--target', 'lambda')).toMatchObject({
      code: 0,
      findings: { 'AWS account': { status: 'unknown' } },
    });
  });

  test.each([
    ['aks', ['Terraform', 'Azure CLI', 'kubelogin']],
    ['functions', ['Terraform', 'Azure CLI']],
    ['gke', ['Terraform', 'Google Cloud CLI']],
  ])('%s needs %j', async (target, tools) => {
    const { stdout, stderr } = await modelship('doctor', '--target', target);
    for (const name of tools) expect(stdout).toMatch(new RegExp(`^missing +${name} .*\\. (Install|Run)`, 'm'));
    expect(stderr).toContain(`missing: ${tools.join(', ')}.`);
  });
});

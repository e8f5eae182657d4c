import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { requireTool } from '../../support/tools.js';

/** What cfn-lint 1.51 does not know of CloudFormation yet, in its words. */
const UNKNOWN = ["E3002:Additional properties are not allowed ('S3FilesConfig' was unexpected)"];

/** What cfn-lint finds in stacks, of which each function makes one; empty if it finds nothing. */
export function lintFindings(builds: readonly ((stack: Stack) => unknown)[]): string {
  const outdir = mkdtempSync(join(tmpdir(), 'modelship-lint-'));
  try {
    // As new CDK apps have it. Nobody uploads the assets, which need not be copied.
    const context = { '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true, 'aws:cdk:disable-asset-staging': true };
    const app = new App({ outdir, context, analyticsReporting: false });
    for (const [index, build] of builds.entries()) build(new Stack(app, `S${index}`));
    const templates = app.synth().stacks.map((stack) => stack.templateFullPath);
    // W3005: CDK writes out dependencies that references imply.
    const options = ['--format', 'parseable', '--ignore-checks', 'W3005'];
    const { error, stdout, stderr } = spawnSync(requireTool('cfn-lint'), [...options, '--', ...templates], {
      encoding: 'utf8',
    });
    if (error) throw error;
    const lines = `${stdout}${stderr}`.split('\n');
    return lines.filter((line) => line !== '' && !UNKNOWN.some((finding) => line.endsWith(finding))).join('\n');
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { requireTool } from '../../support/tools.js';

/** What cfn-lint finds in stacks, of which each function makes one; empty if it finds nothing. */
export function lintFindings(builds: readonly ((stack: Stack) => unknown)[]): string {
  const outdir = mkdtempSync(join(tmpdir(), 'modelship-lint-'));
  try {
    // As new CDK apps have it.
    const context = { '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true };
    const app = new App({ outdir, context, analyticsReporting: false });
    for (const [index, build] of builds.entries()) build(new Stack(app, `S${index}`));
    const templates = app.synth().stacks.map((stack) => stack.templateFullPath);
    // W3005: CDK writes out dependencies that references imply.
    return execFileSync(requireTool('cfn-lint'), ['--ignore-checks', 'W3005', '--', ...templates], {
      encoding: 'utf8',
    }).trim();
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

interface Report {
  readonly pluginReports: readonly {
    readonly violations: readonly {
      readonly ruleName: string;
      readonly violatingConstructs: readonly { readonly constructPath: string }[];
    }[];
  }[];
}

/** What cdk-nag's AwsSolutions pack finds in what `build` makes: `id at path`, sorted. */
export function nagFindings(build: (stack: Stack) => void): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'modelship-nag-'));
  // Nobody uploads the assets, which need not be copied.
  const context = { '@aws-cdk/core:validationReportJson': true, 'aws:cdk:disable-asset-staging': true };
  const app = new App({ outdir, context, analyticsReporting: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  build(new Stack(app, 'S'));
  try {
    app.synth();
  } catch (error) {
    // A finding makes synthesis fail after the report is written.
    if (!/validation/i.test(String(error))) throw error;
  }
  const report: Report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
  rmSync(outdir, { recursive: true });
  return report.pluginReports
    .flatMap(({ violations }) => violations)
    .flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
    )
    .sort();
}

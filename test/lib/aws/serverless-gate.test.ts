import { lstatSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lazy } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { gateFolder } from '../../../lib/bundle/gate-folder.js';
import { ValidationError } from '../../../lib/index.js';
import { Model } from '../../../lib/model/model.js';
import { Rollout, type RolloutGate } from '../../../lib/serving/index.js';
import { make } from './serverless-support.js';

const EXAMPLES = join(__dirname, '../../../examples');
const iris = Model.fromDirectory(join(EXAMPLES, 'iris/model'));
const folder = mkdtempSync(join(tmpdir(), 'modelship-gates-'));

/** Path of a file with the given text. */
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const ROWS = file('test.csv', 'sepal_length,sepal_width,petal_length,petal_width,species\n5.1,3.5,1.4,0.2,0\n');
const dataSet = { rows: ROWS, label: 'species', min: { accuracy: 0.9 } };

/** `prop: message` of each fault of a gate. */
function faults(gate: RolloutGate, model = iris): string[] {
  try {
    make({ model, rollout: Rollout.allAtOnce({ gate }) });
    return [];
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    return error.faults.map(({ prop, code, message }) => `${prop}: ${code} ${message.replaceAll(folder, '')}`);
  }
}

describe('ServerlessModel with a gate', () => {
  const rollout = Rollout.canary({ percent: 10, gate: { dataSet } });
  const template = make({ model: iris, rollout }).template();
  const hook = { Ref: Match.stringLikeRegexp('^IrisTrafficShiftGate') };
  const version = { Ref: Match.stringLikeRegexp('^IrisCurrentVersion') };

  test('has CodeDeploy invoke a function before it shifts traffic, which knows the new version', () => {
    template.hasResource('AWS::Lambda::Alias', {
      UpdatePolicy: { CodeDeployLambdaAliasUpdate: Match.objectLike({ BeforeAllowTrafficHook: hook }) },
      // The function, its permissions, and the one to invoke it.
      DependsOn: Match.arrayWith([
        Match.stringLikeRegexp('^IrisTrafficShiftGateInvoke'),
        Match.stringLikeRegexp('^IrisTrafficShiftGate\\w{8}$'),
        Match.stringLikeRegexp('^IrisTrafficShiftGateRoleDefaultPolicy'),
      ]),
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'hook.codeDeployHandler',
      Timeout: 900,
      Environment: { Variables: Match.objectLike({ MODELSHIP_GATE_VERSION: version }) },
    });
  });

  test('allows the function to invoke the new version and to report to its deployment group, and nothing else', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyName: Match.stringLikeRegexp('^IrisTrafficShiftGateRoleDefaultPolicy'),
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Action: ['logs:CreateLogStream', 'logs:PutLogEvents'] }),
          { Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: version },
          {
            Action: 'codedeploy:PutLifecycleEventHookExecutionStatus',
            Effect: 'Allow',
            Resource: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':deploymentgroup:')])] },
          },
        ],
      },
    });
  });

  test('shifts all traffic at once after the gate, and watches no alarms then', () => {
    const atOnce = make({ model: iris, rollout: Rollout.allAtOnce({ gate: {} }) }).template();
    atOnce.hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
      DeploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce',
      AutoRollbackConfiguration: { Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST'] },
      AlarmConfiguration: Match.absent(),
    });
    atOnce.hasResource('AWS::Lambda::Alias', {
      UpdatePolicy: { CodeDeployLambdaAliasUpdate: Match.objectLike({ BeforeAllowTrafficHook: hook }) },
    });
  });

  test('is rejected with guards that hide the scores that it compares', () => {
    const rounded = Model.fromDirectory(iris.directory, { guards: { outputDecimals: 2 } });
    expect(faults({}, rounded)).toEqual([
      expect.stringMatching(/^rollout\.gate: GATE_INVALID the guards of the model hide scores/),
    ]);
  });

  test('keeps the asset of the function unless the questions change', () => {
    const assetOf = (gate: RolloutGate) => {
      const functions = make({ model: iris, rollout: Rollout.allAtOnce({ gate }) })
        .template()
        .findResources('AWS::Lambda::Function', { Properties: { Handler: 'hook.codeDeployHandler' } });
      return Object.values(functions)[0]!.Properties.Code.S3Key;
    };
    expect(assetOf({ dataSet })).toBe(assetOf({ dataSet: { ...dataSet } }));
    expect(assetOf({ dataSet })).not.toBe(assetOf({ dataSet: { ...dataSet, min: { accuracy: 0.8 } } }));
  });

  test('has the rows that a link leads to, not the link', () => {
    const linked = join(folder, 'linked.csv');
    symlinkSync(ROWS, linked);
    const { directory } = gateFolder(iris, { dataSet: { ...dataSet, rows: linked } });
    const copy = join(directory, 'data', 'linked.csv');
    expect(lstatSync(copy).isSymbolicLink()).toBe(false);
    expect(readFileSync(copy, 'utf8')).toBe(readFileSync(ROWS, 'utf8'));
  });
});

describe('a gate that nothing can be asked with', { timeout: 120_000 }, () => {
  test.each<[string, RolloutGate, RegExp]>([
    [
      'samples of another model',
      { samples: join(EXAMPLES, 'diabetes/model/samples.json') },
      /^rollout\.gate\.samples: GATE_INVALID .*diabetes\/model\/samples\.json, entry 1: `features` has the shape \[1,10\], and the model has \[-1,4\]$/,
    ],
    ['no samples', { samples: file('none.json', '[]') }, /samples: GATE_INVALID \/none\.json holds no request$/],
    [
      'samples without predictions',
      { samples: file('bare.json', '{"instances":[[1,2,3,4]]}') },
      /samples: GATE_INVALID no request has an expected prediction/,
    ],
    [
      'samples that are not there',
      { samples: join(folder, 'absent.json') },
      /samples: GATE_INVALID \/absent\.json is not a file/,
    ],
    [
      'a data set that is not there',
      { dataSet: { ...dataSet, rows: join(folder, 'absent.csv') } },
      /dataSet: GATE_INVALID \/absent\.csv does not exist/,
    ],
    [
      'a data set without rows',
      { dataSet: { ...dataSet, rows: file('empty.csv', 'a,b,c,d,species\n') } },
      /dataSet: GATE_INVALID \/empty\.csv has no rows/,
    ],
    [
      'a data set of another model',
      { dataSet: { ...dataSet, rows: file('other.csv', 'a,b,species\n1,2,0\n') } },
      /dataSet: GATE_INVALID \/other\.csv, row 1 has 2 columns for the model/,
    ],
    [
      'another label',
      { dataSet: { ...dataSet, label: 'kind' } },
      /dataSet: GATE_INVALID \/test\.csv, row 1 has no column kind/,
    ],
    [
      'no label',
      { dataSet: { rows: ROWS, min: { accuracy: 0.9 } } },
      /dataSet: GATE_INVALID \/test\.csv needs the column of the labels/,
    ],
    ['no limit', { dataSet: { rows: ROWS, label: 'species' } }, /dataSet: GATE_INVALID no metric has a limit/],
    [
      'a metric of another task',
      { dataSet: { ...dataSet, min: { r2: 0.9 } } },
      /dataSet: GATE_INVALID r2 is not a metric of this model\. Its metrics: accuracy/,
    ],
    [
      'an accuracy above 1',
      { dataSet: { ...dataSet, min: { accuracy: 90 } } },
      /dataSet: GATE_INVALID no version can pass: accuracy is at most 1, and must be at least 90$/,
    ],
    [
      'a loss below 0',
      { dataSet: { ...dataSet, max: { log_loss: -0.1 } } },
      /dataSet: GATE_INVALID no version can pass: log_loss is at least 0, and must be at most -0\.1$/,
    ],
    [
      'limits that exclude each other',
      { dataSet: { ...dataSet, min: { accuracy: 0.9 }, max: { accuracy: 0.8 } } },
      /dataSet: GATE_INVALID no version can pass: accuracy must be at least 0\.9, and at most 0\.8$/,
    ],
    [
      'a data set above the size limit',
      { dataSet: { ...dataSet, rows: file('large.csv', ' '.repeat(50 * 2 ** 20 + 1)) } },
      /dataSet: GATE_INVALID \/large\.csv has 52428801 bytes, and a gate takes at most 52428800/,
    ],
    ['an unknown task', { dataSet: { ...dataSet, task: 'guessing' as 'ranking' } }, /guessing is not a task/],
    [
      'a ranking without queries',
      { dataSet: { ...dataSet, task: 'ranking' } },
      /the tasks ranking and retrieval and a column of queries/,
    ],
  ])('is rejected: %s', (_, gate, message) => {
    expect(faults(gate)).toEqual([expect.stringMatching(message)]);
  });

  test('is rejected if the package has no samples either', () => {
    const bare = make().endpoint.model;
    expect(faults({}, bare)).toEqual([
      expect.stringMatching(/^rollout\.gate\.samples: GATE_INVALID the package of iris has no golden samples/),
    ]);
  });

  test('is rejected if a limit is known only at deployment', () => {
    const accuracy = Lazy.number({ produce: () => 0.9 });
    expect(faults({ dataSet: { ...dataSet, min: { accuracy } } })).toEqual([
      expect.stringMatching(
        /^rollout\.gate\.dataSet\.min\.accuracy: UNRESOLVED_TOKEN .*questions are written at synthesis/,
      ),
    ]);
  });

  test('is rejected with all other faults', () => {
    const rollout = Rollout.canary({ percent: 150, gate: { dataSet: { ...dataSet, label: 'kind' } } });
    expect(() => make({ model: iris, rollout })).toThrow(
      /2 props are wrong.*rollout\.percent.*rollout\.gate\.dataSet/s,
    );
  });
});

import { App, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test, vi } from 'vitest';
import * as aws from '../../lib/aws/index.js';
import * as azure from '../../lib/azure/index.js';
import * as gcp from '../../lib/gcp/index.js';
import { Access, ImageSource, Rollout } from '../../lib/serving/index.js';
import { type Fault, ValidationError } from '../../lib/serving/validation/validator.js';
import { minimal as onAws } from './aws/container-variants.js';
import { CONTAINER_ID } from './azure/identifiers.js';
import { azureStack, model } from './azure/support.js';
import { googleStack, minimal as onGoogle } from './gcp/support.js';

vi.mock('../../lib/bundle/runtime-folder.js', () => import('./azure/small-runtime.js'));

// biome-ignore lint/suspicious/noExplicitAny: callers in plain JavaScript pass anything
type Anything = any;

const onAzure = { model: model(), location: 'westeurope' };
const image = ImageSource.fromRegistry('registry.example/runtime:1');
const awsStack = () => new Stack(new App({ analyticsReporting: false }), 'S');

/** Every target, with the least that it takes. */
const TARGETS: Readonly<Record<string, { make(props: Anything): unknown; readonly least: object }>> = {
  Lambda: { make: (p) => new aws.ServerlessModel(awsStack(), 'Iris', p), least: { model: onAws.model } },
  ECS: { make: (p) => new aws.ContainerModel(awsStack(), 'Iris', p), least: onAws },
  SageMaker: { make: (p) => new aws.ManagedEndpointModel(awsStack(), 'Iris', p), least: onAws },
  Functions: { make: (p) => new azure.ServerlessModel(azureStack(), 'Iris', p), least: onAzure },
  'Container Apps': {
    make: (p) => new azure.ServerlessModel(azureStack(), 'Iris', p),
    least: { ...onAzure, host: azure.ServerlessHost.containerApps({ image }) },
  },
  AKS: { make: (p) => new azure.ContainerModel(azureStack(), 'Iris', p), least: { ...onAzure, image } },
  'Azure ML': { make: (p) => new azure.ManagedEndpointModel(azureStack(), 'Iris', p), least: { ...onAzure, image } },
  'Cloud Run': { make: (p) => new gcp.ServerlessModel(googleStack(), 'Iris', p), least: onGoogle },
  GKE: { make: (p) => new gcp.ContainerModel(googleStack(), 'Iris', p), least: onGoogle },
  'Vertex AI': { make: (p) => new gcp.ManagedEndpointModel(googleStack(), 'Iris', p), least: onGoogle },
};

function faultsOf(make: () => unknown): readonly Fault[] {
  try {
    make();
  } catch (error) {
    if (error instanceof ValidationError) return error.faults;
    throw error;
  }
  return [];
}

const jwt = (options: object) => ({ access: Access.jwt(options as Anything) });
const canary = (options: object) => ({ rollout: Rollout.canary(options as Anything) });

/** A mistake in the props that every target takes, and the one fault that every target must report. */
const MISTAKES: readonly (readonly [mistake: string, props: object, fault: string])[] = [
  [
    'more replicas at least than at most',
    { minReplicas: 3, maxReplicas: 2 },
    'minReplicas: got 3, above the 2 of maxReplicas; lower minReplicas or raise maxReplicas [MIN_OVER_MAX]',
  ],
  [
    'a variable that the construct sets',
    { environment: { MODELSHIP_MODEL: '/x' } },
    'environment.MODELSHIP_MODEL: the construct or its host sets this variable; use the matching prop (model, access, ' +
      'timeoutSeconds), or remove it [RESERVED_VARIABLE]',
  ],
  [
    'a port other than that of the probes',
    { environment: { MODELSHIP_PORT: '9000' } },
    'environment.MODELSHIP_PORT: the construct or its host sets this variable; use the matching prop (model, access, ' +
      'timeoutSeconds), or remove it [RESERVED_VARIABLE]',
  ],
  [
    'a number as the value of a variable',
    { environment: { WORKERS: 4 } },
    'environment.WORKERS: got 4; pass a string [WRONG_TYPE]',
  ],
  [
    'a canary of 150 %',
    canary({ percent: 150 }),
    'rollout.percent: got 150; a gradual rollout allows a whole number from 1 to 99 percent. Use Rollout.allAtOnce() to ' +
      'move all traffic at once [OUT_OF_RANGE]',
  ],
  ['a canary of nothing', canary({}), 'rollout.percent: got nothing; pass a number [MISSING]'],
  [
    'a canary of a string',
    canary({ percent: '10' }),
    'rollout.percent: got "10" (a string); pass a number [WRONG_TYPE]',
  ],
  [
    'steps of 0 %',
    { rollout: Rollout.linear({ stepPercent: 0, intervalMinutes: 1 }) },
    'rollout.stepPercent: got 0; a gradual rollout allows a whole number from 1 to 99 percent [OUT_OF_RANGE]',
  ],
  [
    'an issuer without TLS',
    jwt({ issuer: 'http://issuer.example', audience: ['a'] }),
    'access.issuer: got "http://issuer.example"; the issuer must be an https:// URL without a query, from which the ' +
      'signing keys are discovered [BAD_TEXT]',
  ],
  [
    'a JWT for no audience',
    jwt({ issuer: 'https://issuer.example', audience: [] }),
    'access.audience: got an empty array, which no token can match; pass at least one audience [MISSING]',
  ],
  [
    'an audience that is a string',
    jwt({ issuer: 'https://issuer.example', audience: 'a' }),
    'access.audience: got "a" (a string); pass an array with a string for each element [WRONG_TYPE]',
  ],
  [
    'a JWT of nobody',
    jwt({ audience: ['a'] }),
    'access.issuer: got nothing; pass the `iss` claim of the tokens [MISSING]',
  ],
  [
    'the path of a model',
    { model: 'models/iris' },
    'model: got "models/iris" (a string); pass a Model, such as Model.fromDirectory("models/iris") [WRONG_TYPE]',
  ],
  [
    'no model',
    { model: undefined },
    'model: got nothing; pass a Model, such as Model.fromDirectory("models/iris") [MISSING]',
  ],
  [
    'a model of null',
    { model: null },
    'model: got null; pass a Model, such as Model.fromDirectory("models/iris") [WRONG_TYPE]',
  ],
  [
    'a method that was not called',
    { access: Access.anonymous },
    'access: got a function; pass an Access, such as Access.cloudIdentity() [WRONG_TYPE]',
  ],
  [
    'a misspelt option of a rollout',
    canary({ percent: 10, bakeMinute: 5 }),
    'rollout.bakeMinute: no such prop; did you mean `bakeMinutes`? [UNKNOWN_PROP]',
  ],
  [
    'a misspelt threshold',
    { alarms: { errorPercentage: 1 } },
    'alarms.errorPercentage: no such prop; did you mean `errorPercent`? [UNKNOWN_PROP]',
  ],
  ['a prop without its unit', { timeout: 30 }, 'timeout: no such prop; did you mean `timeoutSeconds`? [UNKNOWN_PROP]'],
  [
    'a kind of rollout',
    { rollout: 'canary' },
    'rollout: got "canary" (a string); pass a Rollout, such as Rollout.allAtOnce() [WRONG_TYPE]',
  ],
  ['a string of replicas', { minReplicas: '2' }, 'minReplicas: got "2" (a string); pass a number [WRONG_TYPE]'],
  ['a string of seconds', { timeoutSeconds: '60' }, 'timeoutSeconds: got "60" (a string); pass a number [WRONG_TYPE]'],
  ['a string of days', { logRetentionDays: '14' }, 'logRetentionDays: got "14" (a string); pass a number [WRONG_TYPE]'],
  ['a word for a switch', { dashboard: 'no' }, 'dashboard: got "no" (a string); pass true or false [WRONG_TYPE]'],
  [
    'a list of variables',
    { environment: ['A=1'] },
    'environment: got an array; pass an object such as { NAME: "value" } [WRONG_TYPE]',
  ],
  [
    'a rate as the throttle',
    { throttle: 5 },
    'throttle: got 5; pass an object such as { requestsPerSecond: 100 } [WRONG_TYPE]',
  ],
];

/** Mistakes whose fault differs by target where the targets differ: the prop, the code and the start of the words. */
const VARYING: readonly (readonly [mistake: string, props: object, prop: string, code: string, words: RegExp])[] = [
  [
    'a timeout of a day',
    { timeoutSeconds: 100_000 },
    'timeoutSeconds',
    'OUT_OF_RANGE',
    /^got 100000; .* allows a whole number from 1 to \d+ seconds/,
  ],
  ['logs for no days', { logRetentionDays: 0 }, 'logRetentionDays', 'OUT_OF_RANGE', /^got 0; .* allows /],
  ['a misspelt prop', { minReplica: 1 }, 'minReplica', 'UNKNOWN_PROP', /^no such prop; did you mean `minReplicas`\?$/],
  ['a prop like no other', { zzzzzzzz: 1 }, 'zzzzzzzz', 'UNKNOWN_PROP', /^no such prop; the props are model, /],
  [
    'a variable with an equals sign in its name',
    { environment: { 'a=b': 'x' } },
    'environment.a=b',
    'BAD_TEXT',
    /^got "a=b"; the name of a variable /,
  ],
  [
    'half a replica',
    { minReplicas: 0.5 },
    'minReplicas',
    'OUT_OF_RANGE',
    /^got 0.5; .* allows a whole number from [012] to \d+/,
  ],
  [
    'an alarm action that is no list',
    { alarmActions: 'oncall' },
    'alarmActions',
    'WRONG_TYPE',
    /^got "oncall" \(a string\); pass an array with /,
  ],
  [
    'a topic as alarm action',
    { alarmActions: [new Topic(awsStack(), 'Topic')] },
    'alarmActions.0',
    'WRONG_TYPE',
    /^got a Topic; pass /,
  ],
];

const print = ({ prop, message, code }: Fault) => `${prop}: ${message} [${code}]`;

describe.each(Object.keys(TARGETS))('fault 30: mistakes in the props of %s', (name) => {
  const { make, least } = TARGETS[name]!;

  test.each(MISTAKES)('%s', (_mistake, props, fault) => {
    const faults = faultsOf(() => make({ ...least, ...props }));
    expect(faults.map(print)).toContain(fault);
    expect(faults.filter(({ prop }) => fault.startsWith(`${prop}:`))).toHaveLength(1);
  });

  test.each(VARYING)('%s', (_mistake, props, prop, code, words) => {
    expect(faultsOf(() => make({ ...least, ...props }))).toContainEqual({
      prop,
      code,
      message: expect.stringMatching(words),
    });
  });

  test('props that are missing, or no object', () => {
    for (const props of [undefined, null, 'iris', []]) {
      const faults = faultsOf(() => make(props));
      expect(faults).toHaveLength(1);
      expect(print(faults[0]!)).toMatch(
        /^props: got (undefined|null|"iris" \(a string\)|an array); pass an object with `model`.* \[WRONG_TYPE\]$/,
      );
    }
  });

  test('access and rollouts that the target does not have', () => {
    for (const access of [
      Access.apiKey(),
      Access.anonymous(),
      Access.jwt({ issuer: 'https://a.example', audience: ['a'] }),
    ]) {
      for (const { prop, code, message } of faultsOf(() => make({ ...least, access }))) {
        if (prop !== 'access') continue;
        expect(message).toMatch(
          new RegExp(`^got Access\\.${access.kind}\\(\\); .* supports Access\\.cloudIdentity\\(\\).*\\. Use `),
        );
        expect(code).toBe('UNSUPPORTED');
      }
    }
    for (const rollout of [Rollout.canary({ percent: 10 }), Rollout.linear({ stepPercent: 10, intervalMinutes: 1 })]) {
      for (const { prop, code, message } of faultsOf(() => make({ ...least, rollout }))) {
        if (prop !== 'rollout') continue;
        expect(message).toMatch(
          new RegExp(`^got Rollout\\.${rollout.kind}\\(\\); .* supports Rollout\\.allAtOnce\\(\\).*\\. Use `),
        );
        expect(code).toBe('UNSUPPORTED');
      }
    }
    const gates = [Rollout.allAtOnce({ gate: {} }), Rollout.canary({ percent: 10, gate: {} })];
    for (const rollout of gates) {
      for (const { prop, code, message } of faultsOf(() => make({ ...least, rollout }))) {
        if (prop !== 'rollout.gate') continue;
        expect(message).toMatch(/ runs nothing between two versions\. Remove the gate, and run `modelship release` /);
        expect(code).toBe('UNSUPPORTED');
      }
    }
  });

  test('a misspelt option of a gate', () => {
    const rollout = Rollout.allAtOnce({ gate: { dataset: {} } as Anything });
    expect(faultsOf(() => make({ ...least, rollout })).map(print)).toContainEqual(
      'rollout.gate.dataset: no such prop; did you mean `dataSet`? [UNKNOWN_PROP]',
    );
  });

  test('limits of a gate that are no numbers', () => {
    const min = { accuracy: '0.9' } as Anything;
    const rollout = Rollout.allAtOnce({ gate: { dataSet: { rows: 'test.csv', label: 'species', min } } });
    expect(faultsOf(() => make({ ...least, rollout })).map(print)).toContainEqual(
      expect.stringMatching(
        /^rollout\.gate\.dataSet\.min: got .*; pass an object of numbers such as \{ accuracy: 0\.9 \} \[WRONG_TYPE\]$/,
      ),
    );
  });
});

/** Values that a JavaScript user may pass for any prop. */
const VALUES: readonly unknown[] = ['text', 4, null, {}, [], () => {}];

/** Makes every target, and a batch, whose props are all its own. */
const ALL: typeof TARGETS = {
  ...TARGETS,
  Batch: {
    make: (p) => new aws.BatchModel(awsStack(), 'Batch', p),
    get least() {
      return {
        inputBucket: Bucket.fromBucketArn(awsStack(), 'Rows', 'arn:aws:s3:::rows'),
        compute: aws.BatchCompute.transform({ model: onAws.model, image: onAws.image }),
      };
    },
  },
  'Container Apps job': {
    make: (p) => new azure.BatchModel(azureStack(), 'Batch', p),
    least: {
      location: onAzure.location,
      inputContainer: { id: CONTAINER_ID },
      compute: azure.BatchCompute.job({ model: onAzure.model, image }),
    },
  },
  'Cloud Run job': {
    make: (p) => new gcp.BatchModel(googleStack(), 'Batch', p),
    least: {
      region: onGoogle.region,
      inputBucket: 'rows',
      compute: gcp.BatchCompute.job({ model: onGoogle.model, image: onGoogle.image }),
    },
  },
};

const propsOf = ({ make, least }: (typeof TARGETS)[string]): readonly string[] => {
  const [fault] = faultsOf(() => make({ ...least, zzzzzzzz: 1 }));
  return fault!.message.split('the props are ')[1]!.split(', ');
};

describe.each(Object.entries(ALL))('any value for a prop of %s', (_name, target) => {
  test.each(propsOf(target))('%s is accepted, or rejected by a sentence', (prop) => {
    for (const value of VALUES) {
      // Anything but a ValidationError is thrown again.
      faultsOf(() => target.make({ ...target.least, [prop]: value }));
    }
  });
});

/** Choices by the target and the prop that take them. */
const CHOICES: readonly (readonly [target: string, prop: string, choice: (options: Anything) => unknown])[] = [
  ['ECS', 'access', Access.jwt],
  ['Lambda', 'rollout', Rollout.canary],
  ['Lambda', 'rollout', Rollout.linear],
  ['Lambda', 'front', aws.ServerlessFront.restApi],
  ['Lambda', 'front', aws.ServerlessFront.queue],
  ['Lambda', 'webAcl', aws.WebAcl.managed],
  ['ECS', 'capacity', aws.ContainerCapacity.fargate],
  ['ECS', 'capacity', aws.ContainerCapacity.gpu],
  ['SageMaker', 'mode', aws.EndpointMode.realTime],
  ['SageMaker', 'mode', aws.EndpointMode.serverless],
  ['SageMaker', 'mode', aws.EndpointMode.asynchronous],
  ['SageMaker', 'mode', aws.EndpointMode.inferenceComponents],
  ['SageMaker', 'modelData', aws.EndpointModelData.pipeline],
  ['Batch', 'compute', aws.BatchCompute.transform],
  ['Container Apps job', 'compute', azure.BatchCompute.job],
  ['Cloud Run job', 'compute', gcp.BatchCompute.job],
  ['Functions', 'host', azure.ServerlessHost.functionsFlexConsumption],
  ['Container Apps', 'host', azure.ServerlessHost.containerApps],
  ['AKS', 'cluster', azure.AksCluster.managed],
  ['AKS', 'cluster', azure.AksCluster.existing],
  ['GKE', 'cluster', gcp.GkeCluster.standard],
  ['GKE', 'cluster', gcp.GkeCluster.existing],
];

test.each(CHOICES)('options of %s, %s: anything is accepted, or rejected by a sentence', (name, prop, choice) => {
  const { make, least } = ALL[name]!;
  const attempt = (options: unknown) => faultsOf(() => make({ ...least, [prop]: choice(options) }));
  for (const value of [...VALUES, undefined]) attempt(value);
  const [fault] = attempt({ zzzzzzzz: 1 }).filter(({ code }) => code === 'UNKNOWN_PROP');
  expect(fault?.prop).toBe(`${prop}.zzzzzzzz`);
  for (const option of fault!.message.split('the props are ')[1]!.split(', ')) {
    for (const value of VALUES) attempt({ [option]: value });
  }
});

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { AwsImage, ContainerModel, ManagedEndpointModel } from '../../../lib/aws/index.js';
import { lintFindings } from './cfn-lint.js';
import { grantedActions, text } from './granted-actions.js';
import { model } from './managed-endpoint-variants.js';
import { nagFindings } from './nag-findings.js';

const stackOf = () => new Stack(new App({ analyticsReporting: false }), 'S');
const image = AwsImage.fromCodeBuild();

function synthesized(root = false, built = image) {
  const stack = stackOf();
  const pulled = built.pull(stack, { architecture: 'arm64', root });
  return { stack, pulled, template: Template.fromStack(stack) };
}

const only = (template: Template, type: string) => {
  const found = Object.values(template.findResources(type));
  expect(found).toHaveLength(1);
  return found[0]!.Properties;
};

describe('an image that CodeBuild makes', () => {
  test('lies in a repository whose tags are never written again, and which scans', () => {
    const { template } = synthesized();
    const repository = only(template, 'AWS::ECR::Repository');
    expect(repository).toMatchObject({
      ImageTagMutability: 'IMMUTABLE',
      ImageScanningConfiguration: { ScanOnPush: true },
      EmptyOnDelete: true,
    });
    expect(JSON.parse(repository.LifecyclePolicy.LifecyclePolicyText).rules[0].selection).toMatchObject({
      countType: 'imageCountMoreThan',
      countNumber: 50,
    });
  });

  test('is pulled by the digest that the build tells, so that nothing starts before it', () => {
    const { stack, pulled } = synthesized();
    expect(text(stack.resolve(pulled.uri))).toMatch(/@\{ModelshipImagesImage.*\.Digest\}$/);
    expect(text(stack.resolve(pulled.repositoryArn))).toMatch(/^\{ModelshipImagesRepository.*\.Arn\}$/);
  });

  test('is built on the processors it runs on, with Docker and without artifacts', () => {
    expect(only(synthesized().template, 'AWS::CodeBuild::Project')).toMatchObject({
      Environment: { Type: 'ARM_CONTAINER', PrivilegedMode: true },
      Artifacts: { Type: 'NO_ARTIFACTS' },
      Source: { Type: 'S3' },
      TimeoutInMinutes: 30,
    });
    const stack = stackOf();
    image.pull(stack, { architecture: 'amd64', root: false });
    expect(only(Template.fromStack(stack), 'AWS::CodeBuild::Project').Environment.Type).toBe('LINUX_CONTAINER');
  });

  test('is shared by constructs of one stack with the same needs', () => {
    const stack = stackOf();
    const needs = { architecture: 'arm64', root: false };
    expect(stack.resolve(image.pull(stack, needs))).toEqual(stack.resolve(AwsImage.fromCodeBuild().pull(stack, needs)));
    image.pull(stack, { ...needs, root: true });
    AwsImage.fromCodeBuild({ base: 'public.ecr.aws/docker/library/node:24-bookworm-slim' }).pull(stack, needs);
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::CodeBuild::Project', 3);
    template.resourceCountIs('AWS::ECR::Repository', 1);
    template.resourceCountIs('AWS::Lambda::Function', 1);
  });

  test('serves on ECS and on SageMaker', () => {
    const stack = stackOf();
    new ContainerModel(stack, 'Service', { model, image });
    new ManagedEndpointModel(stack, 'Endpoint', { model, image });
    const template = Template.fromStack(stack);
    const [task] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
    expect(text(task!.Properties.ContainerDefinitions[0].Image)).toMatch(/\.Digest\}$/);
    expect(text(only(template, 'AWS::SageMaker::Model').PrimaryContainer.Image)).toMatch(/\.Digest\}$/);
  });

  test('is made by a build that may read its context, push to its repository and log', () => {
    const { stack } = synthesized();
    const granted = grantedActions(stack);
    const repository = '{ModelshipImagesRepository17C0F1B5.Arn}'.replace(
      'ModelshipImagesRepository17C0F1B5',
      Object.keys(Template.fromStack(stack).findResources('AWS::ECR::Repository'))[0]!,
    );
    expect(granted.filter((action) => action.startsWith('ecr:'))).toEqual([
      `ecr:BatchCheckLayerAvailability on ${repository}`,
      `ecr:BatchDeleteImage on ${repository}`,
      `ecr:BatchGetImage on ${repository}`,
      `ecr:CompleteLayerUpload on ${repository}`,
      `ecr:DescribeImages on ${repository}`,
      'ecr:GetAuthorizationToken on *',
      `ecr:InitiateLayerUpload on ${repository}`,
      `ecr:PutImage on ${repository}`,
      `ecr:UploadLayerPart on ${repository}`,
    ]);
    expect(granted.filter((action) => /^s3:/.test(action))).toEqual([
      expect.stringMatching(/^s3:GetObject on .*\/[0-9a-f]{64}\.zip$/),
      expect.stringMatching(/^s3:GetObjectVersion on .*\/[0-9a-f]{64}\.zip$/),
    ]);
    expect(granted.filter((action) => /^codebuild:/.test(action))).toEqual([
      expect.stringMatching(/^codebuild:StartBuild on \{ModelshipImagesImage.*Project.*\.Arn\}$/),
    ]);
  });

  test('has no finding of cdk-nag beside those that are explained', () => {
    const findings = nagFindings((stack) => image.pull(stack, { architecture: 'arm64', root: false }));
    expect(findings.map((finding) => finding.replace(/Image-\w+/, 'Image'))).toEqual([
      // There are no artifacts to encrypt; the repository is, by keys of AWS.
      'AwsSolutions-CB4 at S/ModelshipImages/Image/Project',
      // The registry's token is for the whole registry.
      'AwsSolutions-IAM5[Resource::*] at S/ModelshipImages/Image/Role/DefaultPolicy/Resource',
    ]);
  });

  test('has no finding of cfn-lint', () => {
    expect(lintFindings([(stack) => image.pull(stack, { architecture: 'arm64', root: true })])).toBe('');
  });
});

/** Stands for CloudFormation, which waits for an answer at an address. */
let answers: { body: Record<string, unknown>; type?: string }[] = [];
let server: Server;
let url: string;
const work = mkdtempSync(join(tmpdir(), 'modelship-build-'));

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      answers.push({ body: JSON.parse(Buffer.concat(chunks).toString()), type: request.headers['content-type'] });
      response.end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer?signature=a%2Fb`;
});
afterEach(() => {
  answers = [];
});
afterAll(() => {
  server.close();
  rmSync(work, { recursive: true });
});

describe('the build', () => {
  interface Phase {
    readonly commands: readonly string[];
    readonly finally: readonly string[];
  }

  /** Runs the commands of the build as CodeBuild would, with the tools given instead of AWS's and Docker's. */
  async function build(tools: { aws: string; docker: string }, variables: Record<string, string> = {}) {
    const { BuildSpec } = only(synthesized().template, 'AWS::CodeBuild::Project').Source;
    const { build: phase } = JSON.parse(BuildSpec).phases as { build: Phase };
    const folder = mkdtempSync(join(work, 'run-'));
    mkdirSync(join(folder, 'bin'));
    for (const [name, script] of Object.entries(tools)) {
      // In one piece, because two of a pipe run at once.
      const log = `call=$(printf '%s|' ${name} "$@"); echo "$call" >> ${folder}/calls\n`;
      writeFileSync(join(folder, 'bin', name), `#!/bin/bash\n${log}${script}\n`, { mode: 0o755 });
    }
    const env = {
      ...process.env,
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      REPOSITORY_NAME: 'images',
      REPOSITORY_URI: '123456789012.dkr.ecr.eu-west-1.amazonaws.com/images',
      TAG: 'abc',
      CODEBUILD_BUILD_ID: 'project:1',
      STACK_ID: 'stack',
      REQUEST_ID: 'request',
      LOGICAL_ID: 'Image',
      RESPONSE_URL: url,
      ...variables,
    };
    // Paths of the build's own container.
    const here = (script: string) => script.replaceAll('/tmp/', `${folder}/`);
    // Without --norc, bash reads the user's .bashrc when its input is a socket, as from Node, and that may change PATH.
    const run = (script: string) =>
      promisify(execFile)('bash', ['--norc', '-c', here(script)], { cwd: folder, env }).catch(() => undefined);
    for (const command of phase.commands) await run(command);
    for (const command of phase.finally) await run(command);
    const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
    return calls.map((call) => call.slice(0, -1).split('|'));
  }

  const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
  const describing = (present: string, mediaType = DOCKER_MANIFEST) => `case "$1-$2" in
ecr-batch-get-image) echo '{"schemaVersion": 2, "mediaType": "${mediaType}"}';;
ecr-describe-images) if [ ${present} ]; then echo sha256:0a; else exit 254; fi;;
ecr-get-login-password) echo secret;;
esac`;
  const docker = '[ "$1" != login ] || cat > /dev/null; [ "$1" != push ] || touch pushed';

  test('makes and pushes the image, and tells its digest', async () => {
    const calls = await build({ aws: describing('-e pushed'), docker }, { BASE: 'a/base:1', RUN_AS: '0:0' });
    const steps = calls.map(([name, verb, noun]) => [name, verb, noun]);
    // Either may be first of the two that run at once.
    const password = ['aws', 'ecr', 'get-login-password'];
    expect(steps).toContainEqual(password);
    expect(steps.filter((step) => step.join() !== password.join())).toEqual([
      ['aws', 'ecr', 'describe-images'],
      ['docker', 'login', '--username'],
      ['docker', 'build', '--pull'],
      ['docker', 'push', expect.stringMatching(/\/images:abc$/)],
      ['aws', 'ecr', 'batch-get-image'],
      ['aws', 'ecr', 'describe-images'],
    ]);
    const [built] = calls.filter(([name, verb]) => name === 'docker' && verb === 'build');
    expect(built).toEqual(expect.arrayContaining(['BASE=a/base:1', 'RUN_AS=0:0']));
    // The registry alone, without the repository.
    const [login] = calls.filter(([name, verb]) => name === 'docker' && verb === 'login');
    expect(login!.at(-1)).toBe('123456789012.dkr.ecr.eu-west-1.amazonaws.com');
    expect(answers).toEqual([
      {
        type: undefined,
        body: {
          Status: 'SUCCESS',
          Reason: 'see the logs of build project:1',
          PhysicalResourceId: 'abc',
          StackId: 'stack',
          RequestId: 'request',
          LogicalResourceId: 'Image',
          Data: { Digest: 'sha256:0a' },
        },
      },
    ]);
  });

  test('removes an image that SageMaker would refuse, and says that it failed', async () => {
    const oci = 'application/vnd.oci.image.manifest.v1+json';
    const calls = await build({ aws: describing('-e pushed', oci), docker });
    expect(calls.map(([, , operation]) => operation)).toContain('batch-delete-image');
    expect(answers.map(({ body }) => body)).toEqual([expect.objectContaining({ Status: 'FAILED', Data: {} })]);
  });

  test('makes nothing where the tag is there', async () => {
    const calls = await build({ aws: describing('1'), docker });
    expect(calls.filter(([name]) => name === 'docker')).toEqual([]);
    expect(answers.map(({ body }) => body)).toEqual([
      expect.objectContaining({ Status: 'SUCCESS', Data: { Digest: 'sha256:0a' } }),
    ]);
  });

  test.each([
    ['the registry lets nobody in', 'login'],
    ['the image cannot be built', 'build'],
    ['the image cannot be pushed', 'push'],
  ])('tells that it failed where %s', async (_what, step) => {
    await build({ aws: describing('-e pushed'), docker: `[ "$1" != ${step} ] || exit 1` });
    expect(answers.map(({ body }) => body)).toEqual([expect.objectContaining({ Status: 'FAILED', Data: {} })]);
  });
});

describe('the function that starts it', () => {
  /** Runs the function's code in a process of its own, with a client that answers as told. */
  function invoke(event: object, send: string): string {
    const folder = mkdtempSync(join(work, 'function-'));
    const sdk = join(folder, 'node_modules', '@aws-sdk', 'client-codebuild');
    mkdirSync(sdk, { recursive: true });
    writeFileSync(
      join(sdk, 'index.js'),
      `exports.StartBuildCommand = class { constructor(input) { this.input = input; } };
       exports.CodeBuildClient = class { async send({ input }) { console.log(JSON.stringify(input)); ${send} } };`,
    );
    const functions = synthesized().template.findResources('AWS::Lambda::Function');
    const [{ Properties }] = Object.values(functions) as [{ Properties: { Code: { ZipFile: string } } }];
    writeFileSync(join(folder, 'index.js'), Properties.Code.ZipFile);
    writeFileSync(join(folder, 'run.js'), `require('./index.js').handler(${JSON.stringify(event)});`);
    return folder;
  }

  const event = (RequestType: string) => ({
    RequestType,
    ResponseURL: url,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Image',
    ResourceProperties: { Project: 'project', Tag: 'abc' },
  });
  const run = async (folder: string) =>
    (await promisify(execFile)(process.execPath, ['run.js'], { cwd: folder })).stdout;

  test('hands the build the address to answer to, and answers nothing itself', async () => {
    const [input] = (await run(invoke(event('Update'), "return { build: { id: 'project:1' } };"))).split('\n');
    const { projectName, environmentVariablesOverride } = JSON.parse(input!);
    expect(projectName).toBe('project');
    expect(
      Object.fromEntries(environmentVariablesOverride.map(({ name, value }: Record<string, string>) => [name, value])),
    ).toEqual({
      RESPONSE_URL: url,
      STACK_ID: 'stack',
      REQUEST_ID: 'request',
      LOGICAL_ID: 'Image',
    });
    expect(answers).toEqual([]);
  });

  test('answers for a build that was not started', async () => {
    await run(invoke(event('Create'), "throw new Error('no such project');"));
    expect(answers.map(({ body }) => body)).toEqual([
      expect.objectContaining({
        Status: 'FAILED',
        Reason: 'the build was not started: no such project',
        PhysicalResourceId: 'abc',
      }),
    ]);
  });

  test('lets a deletion pass without a build', async () => {
    const deleted = { ...event('Delete'), PhysicalResourceId: 'an older tag' };
    expect(await run(invoke(deleted, "throw new Error('never');"))).toBe('');
    expect(answers.map(({ body }) => body)).toEqual([
      expect.objectContaining({ Status: 'SUCCESS', PhysicalResourceId: 'an older tag' }),
    ]);
  });
});

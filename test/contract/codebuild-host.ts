import { execFile, execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Build } from '@aws-sdk/client-codebuild';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { requireTool } from '../support/tools.js';

interface Phase {
  readonly commands?: readonly string[];
  readonly finally?: readonly string[];
}

/** https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html */
interface BuildSpec {
  readonly version: string;
  readonly env: { readonly shell: string };
  readonly phases: { readonly build: Phase };
}

/** How a build ended. */
export interface Ended {
  readonly succeeded: boolean;
  readonly log: string;
  /** What was asked of `docker`. */
  readonly docker: readonly string[];
}

/** The file that CodeBuild takes a source from: ZIP, with what may be executed. */
export function zipped(directory: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'modelship-source-'));
  const script = 'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", sys.argv[2])';
  execFileSync(requireTool('python3'), ['-c', script, join(folder, 'source'), directory]);
  return readFileSync(join(folder, 'source.zip'));
}

/** CodeBuild's machines, with what their image has: bash, the aws CLI, curl, and buildah in the place of Docker. */
export class CodeBuildHost {
  constructor(
    private readonly s3: S3Client,
    /** So that its tools reach the local AWS. */
    private readonly aws: Readonly<Record<string, string>>,
    /** The command, with where images lie. */
    private readonly buildah: readonly string[],
  ) {}

  /** Runs a build that was started, as its project, its source and its overrides say. */
  async run({ id, environment, source }: Build): Promise<Ended> {
    const [bucket, ...key] = source!.location!.split('/');
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: bucket!, Key: key.join('/') }));
    const machine = mkdtempSync(join(tmpdir(), 'modelship-codebuild-'));
    const archive = join(machine, 'source.zip');
    const sources = join(machine, 'src');
    writeFileSync(archive, await Body!.transformToByteArray());
    execFileSync(requireTool('unzip'), ['-q', archive, '-d', sources]);
    const bin = join(machine, 'bin');
    mkdirSync(bin);
    copyFileSync(join(import.meta.dirname, 'docker-by-buildah.sh'), join(bin, 'docker'));
    const temporary = join(machine, 'tmp');
    mkdirSync(temporary);
    const dockerLog = join(machine, 'docker.log');
    const tools = ['aws', 'curl'].map((tool) => dirname(requireTool(tool)));
    const env = {
      ...this.aws,
      HOME: process.env.HOME,
      PATH: [bin, ...tools, process.env.PATH].join(delimiter),
      BUILDAH: this.buildah.join(' '),
      DOCKER_LOG: dockerLog,
      CODEBUILD_BUILD_ID: id,
      CODEBUILD_SRC_DIR: sources,
      ...Object.fromEntries(environment!.environmentVariables!.map(({ name, value }) => [name, value])),
    };
    const { env: settings, phases } = JSON.parse(source!.buildspec!) as BuildSpec;
    let log = '';
    // A machine is the build's alone, and so is its /tmp; here it is a folder.
    const run = async (commands: readonly string[] = []) => {
      for (const command of commands) {
        const text = command.replaceAll('/tmp/', `${temporary}/`);
        const done = await promisify(execFile)(requireTool(settings.shell), ['-c', text], { cwd: sources, env }).then(
          ({ stdout, stderr }) => ({ succeeded: true, output: stdout + stderr }),
          ({ stdout, stderr }) => ({ succeeded: false, output: stdout + stderr }),
        );
        log += done.output;
        if (!done.succeeded) return false;
      }
      return true;
    };
    const built = await run(phases.build.commands);
    const answered = await run(phases.build.finally);
    const docker = existsSync(dockerLog) ? readFileSync(dockerLog, 'utf8').trimEnd().split('\n') : [];
    return { succeeded: built && answered, log, docker };
  }
}

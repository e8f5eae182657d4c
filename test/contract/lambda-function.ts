import type { Stack } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { ServerlessModel, type ServerlessModelProps } from '../../lib/aws/index.js';
import { Synthesized } from './aws-assets.js';
import type { FunctionProcess } from './lambda-interface.js';
import { IRIS } from './started-runtime.js';

type Props = Partial<ServerlessModelProps>;

/** Of the machine that runs the tests, as the layer holds native code. */
const architecture = process.arch === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64;

/** A function out of a template, where its assets lie before they are uploaded. */
export class SynthesizedFunction implements FunctionProcess {
  readonly handler: string;
  readonly codeFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The stack that it is in. */
  readonly synthesized: Synthesized;
  private readonly layerFolder: string;

  /**
   * @param handler which of the template's functions. Default: the only one that serves a model
   * @param more what else is in the stack. Default: nothing
   */
  constructor(
    props: Props | ((stack: Stack) => Props) = {},
    handler = /\/lambda\.\w+$/,
    more: (stack: Stack, served: ServerlessModel) => void = () => {},
  ) {
    const synthesized = new Synthesized((stack) => {
      const given = typeof props === 'function' ? props(stack) : props;
      more(stack, new ServerlessModel(stack, 'Iris', { model: IRIS, architecture, ...given }));
    });
    this.synthesized = synthesized;
    const folderOf = (key: string) => synthesized.files.find((file) => file.key === key)!.path;
    const functions = synthesized.all('AWS::Lambda::Function');
    const properties = functions.find(({ Handler }) => handler.test(Handler))!;
    this.layerFolder = folderOf(synthesized.only('AWS::Lambda::LayerVersion').Content.S3Key);
    this.codeFolder = properties.Code.S3Key ? folderOf(properties.Code.S3Key) : this.layerFolder;
    this.handler = this.here(properties.Handler);
    this.environment = Object.fromEntries(
      Object.entries(properties.Environment.Variables as Record<string, unknown>).map(([name, value]) => [
        name,
        this.here(synthesized.resolve(value)),
      ]),
    );
  }

  /** Lambda mounts layers at /opt and the code at /var/task; here they stay where they are. */
  private here(path: string): string {
    return path.replace(/^\/opt\//, `${this.layerFolder}/`).replace(/^\/var\/task/, this.codeFolder);
  }
}

import { join } from 'node:path';
import { type App, AzurermBackend, GcsBackend, LocalBackend, S3Backend, type TerraformStack } from 'cdktf';
import { Model } from '../../lib/model/model.js';
import { ImageSource } from '../../lib/serving/image-source.js';

/** Adds the stacks of a cloud, or of a target, to an app. */
export type CreateStacks = (app: App, context: AppContext) => void;

/**
 * Settings of the app: the object `context` of `cdktf.json`, overridden by the JSON object in the variable
 * `MODELSHIP_CONTEXT`. The variable exists because `cdktf` accepts no settings on its command line.
 */
export class AppContext {
  private loaded?: Model;

  constructor(private readonly app: App) {
    const settings: object = JSON.parse(process.env.MODELSHIP_CONTEXT ?? '{}');
    for (const [key, value] of Object.entries(settings)) app.node.setContext(key, value);
  }

  /**
   * Model in the folder of the setting `package`, or else in the example named by `example`. The default is the iris
   * example.
   */
  get model(): Model {
    this.loaded ??= Model.fromDirectory(
      this.text('package') ?? join('examples', this.text('example') ?? 'iris', 'model'),
      { trustPickle: this.text('trustPickle') === 'true', trustCode: this.text('trustCode') === 'true' },
    );
    return this.loaded;
  }

  /** Runtime image of the setting `image`. If it is not set, the constructs build the image in the cloud. */
  get image(): ImageSource | undefined {
    const uri = this.text('image');
    return uri === undefined ? undefined : ImageSource.fromRegistry(uri);
  }

  /**
   * Returns the targets that the setting `target` lists, separated by commas, or all of them if it is not set.
   *
   * @throws Error if there is no such target
   */
  targets<Target>(all: Readonly<Record<string, Target>>): readonly Target[] {
    const names = this.text('target')?.split(',') ?? Object.keys(all);
    return names.map((name) => {
      const target = all[name];
      if (target) return target;
      throw new Error(`context \`target\`: got ${JSON.stringify(name)}; there are ${Object.keys(all).join(', ')}`);
    });
  }

  /**
   * Returns a text setting, or undefined if it is not set.
   *
   * @throws Error if the setting is not a string
   */
  text(key: string): string | undefined {
    const value: unknown = this.app.node.tryGetContext(key);
    if (value === undefined || typeof value === 'string') return value;
    throw new Error(`context \`${key}\`: got ${JSON.stringify(value)}; pass a string`);
  }

  /**
   * Stores the state of `stack` in the backend of the setting `backend`. The setting is an object with `type` (`gcs`,
   * `azurerm`, `s3` or `local`) and the arguments of that Terraform backend. Each stack has its own state there.
   *
   * @throws Error if the type is not supported
   */
  configureBackend(stack: TerraformStack): void {
    const { type = 'local', ...settings } = (this.app.node.tryGetContext('backend') ?? {}) as Record<string, never>;
    const id = stack.node.id;
    const file = `${id}.tfstate`;
    switch (type as string) {
      case 'gcs':
        new GcsBackend(stack, { ...(settings as { bucket: never }), prefix: join(settings.prefix ?? '', id) });
        return;
      case 's3':
        new S3Backend(stack, {
          encrypt: true,
          ...(settings as { bucket: never }),
          key: join(settings.key ?? '', file),
        });
        return;
      case 'azurerm':
        new AzurermBackend(stack, {
          ...(settings as { storageAccountName: never; containerName: never }),
          key: join(settings.key ?? '', file),
        });
        return;
      case 'local':
        // Without a backend, cdktf stores the state in a file beside cdktf.json.
        if (settings.path !== undefined) new LocalBackend(stack, { path: join(settings.path, file) });
        return;
      default:
        throw new Error(
          `context \`backend.type\`: got ${JSON.stringify(type)}; there are gcs, azurerm, s3 and local. Set it in cdktf.json`,
        );
    }
  }
}

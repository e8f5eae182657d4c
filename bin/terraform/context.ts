import { join } from 'node:path';
import { type App, AzurermBackend, GcsBackend, LocalBackend, S3Backend, type TerraformStack } from 'cdktf';
import { Model } from '../../lib/model/model.js';
import { ImageSource } from '../../lib/serving/image-source.js';

/**
 * The settings of the app: the object `context` of `cdktf.json`, and over it the JSON object in the variable
 * `MODELSHIP_CONTEXT`, because `cdktf` takes no setting on its command line.
 */
export class AppContext {
  private loaded?: Model;

  constructor(private readonly app: App) {
    const settings: object = JSON.parse(process.env.MODELSHIP_CONTEXT ?? '{}');
    for (const [key, value] of Object.entries(settings)) app.node.setContext(key, value);
  }

  /** The model of `package`, a folder, or else of `example`, by name; the iris example if neither is given. */
  get model(): Model {
    this.loaded ??= Model.fromDirectory(
      this.text('package') ?? join('examples', this.text('example') ?? 'iris', 'model'),
    );
    return this.loaded;
  }

  /** The image of the setting `image`. Undefined if it is not set: the constructs then have the cloud build one. */
  get image(): ImageSource | undefined {
    const uri = this.text('image');
    return uri === undefined ? undefined : ImageSource.fromRegistry(uri);
  }

  /**
   * A setting that is a text, undefined if it is not set.
   *
   * @throws Error if it is something else
   */
  text(key: string): string | undefined {
    const value: unknown = this.app.node.tryGetContext(key);
    if (value === undefined || typeof value === 'string') return value;
    throw new Error(`context \`${key}\`: got ${JSON.stringify(value)}, which is no text`);
  }

  /**
   * Keeps the state of `stack` where the setting `backend` says: an object with `type` (`gcs`, `azurerm`, `s3` or
   * `local`) and what Terraform's backend of that name takes. Each stack has a state of its own there.
   *
   * @throws Error if there is no such backend
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
        // Without one cdktf keeps the state in a file of its own, beside cdktf.json.
        if (settings.path !== undefined) new LocalBackend(stack, { path: join(settings.path, file) });
        return;
      default:
        throw new Error(
          `context \`backend.type\`: got ${JSON.stringify(type)}; there are gcs, azurerm, s3 and local. Set it in cdktf.json`,
        );
    }
  }
}

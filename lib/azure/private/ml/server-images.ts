import { Construct } from 'constructs';
import { serverImageContext } from '../../../bundle/server-image-context.js';
import type { AzureRegistry, AzureServingProps } from '../../props.js';
import { AcrBuild } from '../shared/acr-build.js';
import { BuildContexts } from '../shared/build-contexts.js';
import type { Placement } from '../shared/placement.js';
import { Registry } from '../shared/registry.js';

interface ServerImagesProps {
  readonly placement: Placement;
  readonly props: AzureServingProps;
}

/** Copies of a server's image in a new registry, each with its own arguments. */
export class ServerImages extends Construct {
  readonly registry: AzureRegistry;
  private readonly contexts: BuildContexts;
  private readonly builds = new Map<string, AcrBuild>();

  private readonly placement: Placement;
  private readonly props: AzureServingProps;

  constructor(scope: Construct, id: string, { placement, props }: ServerImagesProps) {
    super(scope, id);
    this.placement = placement;
    this.props = props;
    this.registry = new Registry(this, 'Registry', { placement, props }).registry;
    this.contexts = new BuildContexts(this, 'Contexts', { placement, props });
  }

  /**
   * Returns the copy of `image` that passes `command` to the entry point. Calls with the same values share one build.
   */
  build(image: string, command?: readonly string[]): AcrBuild {
    const context = serverImageContext(image, command);
    const made =
      this.builds.get(context.digest) ??
      new AcrBuild(this, `Build-${context.digest.slice(0, 12)}`, {
        placement: this.placement,
        props: this.props,
        options: {
          ...context,
          dockerfile: 'Dockerfile',
          registry: this.registry,
          contexts: this.contexts,
        },
      });
    this.builds.set(context.digest, made);
    return made;
  }
}

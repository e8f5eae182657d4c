import { Aspects, dependable, type ITerraformDependable, TerraformDataSource, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import { afterRoles } from '../../../terraform/after-roles.js';
import { google } from '../../../terraform/bindings/google.js';
import type { GoogleServingProps } from '../../props.js';

/** APIs of every endpoint, besides those of its service. */
const COMMON = ['cloudresourcemanager', 'iam', 'logging', 'monitoring', 'serviceusage', 'storage'];

/** APIs that build or store the image of the runtime. */
const IMAGE = ['artifactregistry', 'cloudbuild'];

/** APIs of a project that the resources of an endpoint use. They stay enabled, because others may use them, too. */
class Apis extends Construct {
  /** Resource that exists once Google has enabled the APIs in all its systems. */
  readonly enabled: ITerraformDependable;

  constructor(scope: Construct, id: string, { project, names }: { project?: string; names: readonly string[] }) {
    super(scope, id);
    const services = names.map(
      (name) =>
        new google.ProjectService(this, name, { project, service: `${name}.googleapis.com`, disableOnDestroy: false }),
    );
    this.enabled = afterRoles(this, 'Enabled', services);
  }
}

/**
 * Enables the APIs of an endpoint if the props request it. Everything in `scope` waits for them, grants of later calls
 * too.
 *
 * @param own APIs of the endpoint's service, such as `run`
 */
export function enableApis(scope: Construct, props: GoogleServingProps, own: readonly string[]): void {
  if (!props.enableApis) return;
  const names = [...COMMON, ...IMAGE, ...(props.encryptionKey ? ['cloudkms'] : []), ...own].sort();
  const apis = new Apis(scope, 'Apis', { project: props.project, names });
  const enabled = dependable(apis.enabled);
  Aspects.of(scope).add({
    visit(element) {
      if (!(element instanceof TerraformResource || element instanceof TerraformDataSource)) return;
      if (element.node.scopes.includes(apis) || element.dependsOn?.includes(enabled)) return;
      element.dependsOn = [...(element.dependsOn ?? []), enabled];
    },
  });
}

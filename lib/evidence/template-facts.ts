type Fields = { readonly [name: string]: unknown };

/** Part of a synthesized template that says who may do what, or a limit. */
export interface TemplateFact {
  /** Type of the resource, such as `AWS::IAM::Policy` or `google_cloud_run_v2_service_iam_member`. */
  readonly type: string;
  /** Name of the resource in the template. */
  readonly name: string;
  readonly properties: Fields;
}

/** What a template grants, and the limits that it sets. */
export interface TemplateFacts {
  readonly grants: readonly TemplateFact[];
  readonly limits: readonly TemplateFact[];
}

/** A template is neither one of CloudFormation nor one of Terraform in JSON. */
export class TemplateUnknown extends Error {
  override readonly name = 'TemplateUnknown';
}

/**
 * Reads the IAM policies, roles and permissions, and the limits, in a template of CloudFormation or Terraform.
 *
 * @throws TemplateUnknown
 */
export function templateFacts(template: unknown): TemplateFacts {
  const resources = resourcesIn(template);
  if (resources.length === 0) throw new TemplateUnknown('it has no resources of CloudFormation or Terraform');
  const withFacts = (facts: (resource: TemplateFact) => Fields) =>
    resources
      .map((resource) => ({ ...resource, properties: facts(resource) }))
      .filter(({ properties }) => Object.keys(properties).length > 0);
  return { grants: withFacts(grantsOf), limits: withFacts(limitsOf) };
}

/** Arguments of Terraform itself, which are no properties of a resource. */
const META_ARGUMENTS = ['//', 'depends_on', 'lifecycle', 'provider'];

function resourcesIn(template: unknown): TemplateFact[] {
  const { Resources: stack, resource: configuration } = fieldsOf(template);
  const inStack = Object.entries(fieldsOf(stack)).map(([name, resource]) => {
    const { Type, Properties } = fieldsOf(resource);
    return { type: String(Type), name, properties: fieldsOf(Properties) };
  });
  const inConfiguration = Object.entries(fieldsOf(configuration)).flatMap(([type, resources]) =>
    Object.entries(fieldsOf(resources)).map(([name, resource]) => {
      const properties = Object.entries(fieldsOf(resource)).filter(([each]) => !META_ARGUMENTS.includes(each));
      return { type, name, properties: Object.fromEntries(properties) };
    }),
  );
  return [...inStack, ...inConfiguration].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

function keyOf({ type, name }: TemplateFact): string {
  return `${type} ${name}`;
}

/** Types whose resources grant something: roles, policies, permissions, bindings and members. */
const GRANTING =
  /(^|::|_)(iam|role|rolebinding|accesspolicy|access_policy|permission)(_|$)|(Role|RoleBinding|(?<!Scaling)Policy|Permission|Grant|AccessEntry)$|Authorization\//;

/** Returns the properties that grant something: all of a resource that only grants, or the policy documents of another. */
function grantsOf({ type, properties }: TemplateFact): Fields {
  const kind = fieldsOf(properties.manifest).kind ?? properties.type ?? '';
  if (GRANTING.test(type) || GRANTING.test(String(kind))) return properties;
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => fieldsOf(value).Statement !== undefined));
}

/** Names of properties that limit requests, time, memory, replicas or the retention of logs, in lower case without `_`. */
const LIMITS = new Set(
  (
    'burstlimit concurrency cpu desiredcount ephemeralstorage initialinstancecount instancecount instancememoryinmb ' +
    'instancetype limits logretentiondays machinetype maxcapacity maxconcurrency maxconcurrentrequestsperinstance ' +
    'maximuminstancecount maxinstancecount maxinstancerequestconcurrency maxreplicacount maxreplicas memory memorysize ' +
    'mincapacity mininstancecount minreplicacount minreplicas quota quotasettings ratelimit requesttimeout ' +
    'reservedconcurrentexecutions retentionindays throttle throttlesettings throttlingburstlimit throttlingratelimit ' +
    'timeout timeoutinmillis timeoutseconds'
  ).split(' '),
);

/** Returns the limits anywhere in a resource, by their paths. */
function limitsOf({ properties }: TemplateFact): Fields {
  const found: [string, unknown][] = [];
  const visit = (value: unknown, path: string): void => {
    for (const [name, member] of Object.entries(fieldsOf(value))) {
      const at = path === '' ? name : `${path}.${name}`;
      if (LIMITS.has(name.toLowerCase().replaceAll('_', ''))) found.push([at, member]);
      else visit(member, at);
    }
  };
  visit(properties, '');
  return Object.fromEntries(found);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

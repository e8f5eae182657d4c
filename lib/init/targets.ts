/** Tool that turns the app into a deployment. */
export type Engine = 'cdk' | 'cdktf' | 'cdktn';

export type Cloud = 'aws' | 'azure' | 'google';

/** A service that `modelship init` makes a deployment repository for. */
export interface Target {
  readonly cloud: Cloud;
  /** Name of the service in prose. */
  readonly service: string;
  /** Class of the construct. */
  readonly construct: 'ServerlessModel' | 'ContainerModel' | 'ManagedEndpointModel';
  /** Type of a resource that each such endpoint has one of. */
  readonly resource: string;
  /** Props beside `model` and those of every target of the cloud, as source text. @default - none */
  readonly props?: string;
  /** Further names that the app imports from the cloud's entry. @default - none */
  readonly imports?: readonly string[];
  /** Whether resources in a Kubernetes cluster are created. @default false */
  readonly isKubernetes?: boolean;
  /** Whether Docker builds the image of the runtime on the machine that deploys. @default false */
  readonly needsDocker?: boolean;
}

export const TARGETS: Readonly<Record<string, Target>> = {
  lambda: {
    cloud: 'aws',
    service: 'AWS Lambda',
    construct: 'ServerlessModel',
    resource: 'AWS::ApiGateway::RestApi',
  },
  ecs: {
    cloud: 'aws',
    service: 'Amazon ECS',
    construct: 'ContainerModel',
    resource: 'AWS::ECS::Service',
    needsDocker: true,
  },
  sagemaker: {
    cloud: 'aws',
    service: 'Amazon SageMaker',
    construct: 'ManagedEndpointModel',
    resource: 'AWS::SageMaker::Endpoint',
    needsDocker: true,
  },
  functions: {
    cloud: 'azure',
    service: 'Azure Functions',
    construct: 'ServerlessModel',
    resource: 'azurerm_service_plan',
  },
  'container-apps': {
    cloud: 'azure',
    service: 'Azure Container Apps',
    construct: 'ServerlessModel',
    resource: 'azurerm_container_app',
    props: 'host: ServerlessHost.containerApps()',
    imports: ['ServerlessHost'],
  },
  aks: {
    cloud: 'azure',
    service: 'Azure Kubernetes Service',
    construct: 'ContainerModel',
    resource: 'azurerm_kubernetes_cluster',
    isKubernetes: true,
  },
  'azure-ml': {
    cloud: 'azure',
    service: 'Azure Machine Learning',
    construct: 'ManagedEndpointModel',
    resource: 'azurerm_machine_learning_workspace',
  },
  'cloud-run': {
    cloud: 'google',
    service: 'Cloud Run',
    construct: 'ServerlessModel',
    resource: 'google_cloud_run_v2_service',
  },
  gke: {
    cloud: 'google',
    service: 'Google Kubernetes Engine',
    construct: 'ContainerModel',
    resource: 'google_container_cluster',
    isKubernetes: true,
  },
  'vertex-ai': {
    cloud: 'google',
    service: 'Vertex AI',
    construct: 'ManagedEndpointModel',
    resource: 'google_vertex_ai_endpoint',
  },
};

/** Engines that can deploy to each cloud; the first is the default. */
export const ENGINES: Readonly<Record<Cloud, readonly Engine[]>> = {
  aws: ['cdk'],
  azure: ['cdktf', 'cdktn'],
  google: ['cdktf', 'cdktn'],
};

/** The command-line tool of an engine. */
export interface Tool {
  readonly command: string;
  /** npm package that has the command. */
  readonly packageName: string;
  /** Oldest version of Node.js that the command and Modelship support. */
  readonly node: string;
}

export const TOOLS: Readonly<Record<Engine, Tool>> = {
  cdk: { command: 'cdk', packageName: 'aws-cdk', node: '20.19' },
  cdktf: { command: 'cdktf', packageName: 'cdktf-cli', node: '20.19' },
  cdktn: { command: 'cdktn', packageName: 'cdktn-cli', node: '22.19' },
};

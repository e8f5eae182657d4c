import type { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service';
import type { ComputeBackendService } from '@cdktf/provider-google/lib/compute-backend-service';
import type { ComputeGlobalAddress } from '@cdktf/provider-google/lib/compute-global-address';
import type { ComputeGlobalForwardingRule } from '@cdktf/provider-google/lib/compute-global-forwarding-rule';
import type { ComputeSecurityPolicy } from '@cdktf/provider-google/lib/compute-security-policy';
import { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';
import { textHash } from '../../../terraform/content-hash.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { generatedName } from '../shared/names.js';
import { makeSecurityPolicy } from '../shared/security-policy.js';

/** Maximum length of a name in Compute Engine, less a suffix. */
const NAME_LENGTH = 50;
const SCHEME = 'EXTERNAL_MANAGED';

interface LoadBalancerProps {
  readonly service: CloudRunV2Service;
  readonly domainName: string;
  readonly props: ServerlessModelProps;
}

/**
 * Global external Application Load Balancer in front of a Cloud Run service. It terminates TLS for a domain, and checks
 * requests by a security policy.
 */
export class LoadBalancer extends Construct {
  /** IP address that the domain's A record must contain. */
  readonly address: ComputeGlobalAddress;
  /** Backend with the service. */
  readonly backend: ComputeBackendService;
  /** Security policy that checks requests. Set with `WebAcl.managed()`. */
  readonly securityPolicy?: ComputeSecurityPolicy;
  /** Rule that forwards HTTPS requests to the load balancer. */
  readonly forwardingRule: ComputeGlobalForwardingRule;

  private readonly name: string;
  private readonly project?: string;

  constructor(scope: Construct, id: string, { service, domainName, props }: LoadBalancerProps) {
    super(scope, id);
    this.name = generatedName(scope, NAME_LENGTH);
    this.project = props.project;
    const group = new google.ComputeRegionNetworkEndpointGroup(this, 'Group', {
      ...this.common,
      region: props.region,
      networkEndpointType: 'SERVERLESS',
      cloudRun: { service: service.name },
    });
    const webAcl = props.webAcl?.settings;
    if (webAcl?.kind === 'managed') {
      this.securityPolicy = makeSecurityPolicy(this, this.common, webAcl.options, props.model);
    }
    this.backend = new google.ComputeBackendService(this, 'Backend', {
      ...this.common,
      protocol: 'HTTPS',
      loadBalancingScheme: SCHEME,
      backend: [{ group: group.id }],
      securityPolicy: webAcl?.kind === 'existing' ? webAcl.policyId : this.securityPolicy?.id,
      // The log names the rule of the security policy that rejected a request.
      logConfig: webAcl && { enable: true, sampleRate: 1 },
    });
    const urlMap = new google.ComputeUrlMap(this, 'UrlMap', { ...this.common, defaultService: this.backend.id });
    const proxy = new google.ComputeTargetHttpsProxy(this, 'Proxy', {
      ...this.common,
      urlMap: urlMap.id,
      sslCertificates: [props.certificate ?? this.makeCertificate(domainName)],
      sslPolicy: new google.ComputeSslPolicy(this, 'SslPolicy', {
        ...this.common,
        profile: 'MODERN',
        minTlsVersion: 'TLS_1_2',
      }).id,
    });
    this.address = new google.ComputeGlobalAddress(this, 'Address', this.common);
    this.forwardingRule = new google.ComputeGlobalForwardingRule(this, 'Resource', {
      ...this.common,
      loadBalancingScheme: SCHEME,
      ipAddress: this.address.id,
      portRange: '443',
      target: proxy.id,
    });
  }

  private get common() {
    return { name: this.name, project: this.project };
  }

  /** Creates the certificate. Google issues it once the domain resolves to the address. */
  private makeCertificate(domainName: string): string {
    const certificate = new google.ComputeManagedSslCertificate(this, 'Certificate', {
      // The proxy uses the certificate, so a new domain needs a certificate of another name before the old one is deleted.
      name: `${this.name}-${textHash(this, 'DomainHash', domainName)}`,
      project: this.project,
      managed: { domains: [domainName] },
      lifecycle: { createBeforeDestroy: true },
    });
    return certificate.id;
  }
}

import { Stack, Token } from 'aws-cdk-lib';
import { CfnRoute, CfnVPC, CfnVPCEndpoint, type ISubnet, type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { type Construct, Dependable, type IConstruct, type IDependable } from 'constructs';
import type { Validator } from '../../../serving/validation/validator.js';

/** Returns the Availability Zone of each selected subnet, or undefined if the zones are unknown at synthesis. */
function zonesOf(vpc: IVpc, selection: SubnetSelection): string[] | undefined {
  const zones = vpc.selectSubnets(selection).subnets.map(({ availabilityZone }) => availabilityZone);
  // Zones of imported subnets may be tokens, and a VPC lookup returns dummy zones until the next synthesis.
  return zones.some((zone) => Token.isUnresolved(zone) || zone.startsWith('dummy')) ? undefined : zones;
}

/**
 * Reports an error unless a selection has subnets in at least two Availability Zones.
 *
 * @param who Resource placed in the subnets, as the start of a sentence.
 */
export function checkTwoZones(
  validator: Validator,
  prop: string,
  vpc: IVpc,
  selection: SubnetSelection,
  who: string,
): void {
  const zones = zonesOf(vpc, selection);
  // If the zones are unknown at synthesis, the subnets of a VPC of this app can still be counted.
  const count = zones ? new Set(zones).size : isOwn(vpc) ? vpc.selectSubnets(selection).subnets.length : 2;
  validator.check(
    count >= 2,
    prop,
    'NO_SUBNETS',
    `got subnets in ${count === 0 ? 'no zone' : 'one zone'}; ${who} needs at least two zones`,
  );
}

/** Reports an error if a selection has two subnets in one Availability Zone. */
export function checkOnePerZone(
  validator: Validator,
  prop: string,
  vpc: IVpc,
  selection: SubnetSelection,
  who: string,
): void {
  const zones = zonesOf(vpc, selection) ?? [];
  const twice = zones.find((zone, index) => zones.indexOf(zone) !== index);
  validator.check(
    twice === undefined,
    prop,
    'DUPLICATE',
    `got two subnets in ${twice}; ${who} takes one in each zone. Choose with \`subnetGroupName\`, or set \`onePerAz\``,
  );
}

/**
 * Makes synthesis fail if the subnets have no route to S3. This is the case if they are isolated, their VPC belongs to
 * this app, and the app adds neither an S3 endpoint nor a route. Endpoints may be added after the construct, so the
 * check runs when the whole app has been constructed.
 *
 * @param reads Reason for reading from S3, as the start of a sentence.
 */
export function requireS3Route(
  scope: Construct,
  prop: string,
  vpc: IVpc,
  subnets: readonly ISubnet[],
  reads: string,
): void {
  scope.node.addValidation({
    validate: () => {
      if (hasWayOut(vpc, subnets)) return [];
      return [
        `${prop}: ${reads}, and the subnets ${subnets.map(({ node }) => node.id).join(', ')} of ${vpc.node.path} ` +
          `have no route to S3: add vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 }), which ` +
          'is free, or choose subnets with a NAT gateway [NO_S3_ROUTE]',
      ];
    },
  });
}

/**
 * Endpoints and routes of a VPC of this app, those that are added later too. A resource that depends on them is created when
 * its subnets can reach AWS services, and deleted before they no longer can.
 */
export function routesOf(vpc: IVpc): IDependable {
  const isRoute = (child: IConstruct) => child instanceof CfnVPCEndpoint || child instanceof CfnRoute;
  const dependable = {};
  Dependable.implement(dependable, {
    get dependencyRoots() {
      return vpc.node.findAll().filter(isRoute);
    },
  });
  return dependable;
}

/** Whether the VPC is created in this app. */
function isOwn(vpc: IVpc): boolean {
  return vpc.node.findAll().some((child) => child instanceof CfnVPC);
}

/** Whether the subnets have a route to S3. Returns true if that is unknown. */
function hasWayOut(vpc: IVpc, subnets: readonly ISubnet[]): boolean {
  if (!isOwn(vpc) || !subnets.every((subnet) => vpc.isolatedSubnets.includes(subnet))) return true;
  const text = (value: unknown) => JSON.stringify(Stack.of(vpc).resolve(value));
  const tables = subnets.map(({ routeTable }) => text(routeTable.routeTableId));
  return vpc.node.root.node
    .findAll()
    .some(
      (child) =>
        (child instanceof CfnVPCEndpoint &&
          text(child.vpcId) === text(vpc.vpcId) &&
          /\.s3\b/.test(text(child.serviceName) ?? '')) ||
        (child instanceof CfnRoute && tables.includes(text(child.routeTableId))),
    );
}

import { Stack, Token } from 'aws-cdk-lib';
import { CfnRoute, CfnVPC, CfnVPCEndpoint, type ISubnet, type IVpc, type SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Validator } from '../../../serving/validation/validator.js';

/** The zones of a selection, one for each subnet; undefined if they are not known at synth. */
function zonesOf(vpc: IVpc, selection: SubnetSelection): string[] | undefined {
  const zones = vpc.selectSubnets(selection).subnets.map(({ availabilityZone }) => availabilityZone);
  // Of imported subnets they may be tokens, and of a VPC that is looked up with the next synthesis dummies.
  return zones.some((zone) => Token.isUnresolved(zone) || zone.startsWith('dummy')) ? undefined : zones;
}

/**
 * Notes a fault unless a selection has subnets in at least two zones.
 *
 * @param who what is put into the subnets, as the start of a sentence
 */
export function checkTwoZones(
  validator: Validator,
  prop: string,
  vpc: IVpc,
  selection: SubnetSelection,
  who: string,
): void {
  const zones = zonesOf(vpc, selection);
  // Where the zones are not known at synth, subnets of this app can still be counted.
  const count = zones ? new Set(zones).size : isOwn(vpc) ? vpc.selectSubnets(selection).subnets.length : 2;
  validator.check(
    count >= 2,
    prop,
    'NO_SUBNETS',
    `got subnets in ${count === 0 ? 'no zone' : 'one zone'}; ${who} needs at least two zones`,
  );
}

/** Notes a fault if a selection has two subnets in one zone. */
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
 * Makes synthesis fail if what runs in the subnets reads from S3 and cannot: they are isolated, their VPC belongs to this
 * app, and nothing in the app gives it an endpoint for S3 or a route of its own. Endpoints may be added after the
 * construct, so that this waits until everything is there.
 *
 * @param reads what is read, as the start of a sentence
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
        `${prop}: ${reads}, and the subnets ${subnets.map(({ node }) => node.id).join(', ')} of ${vpc.node.path} have no way ` +
          `to it: add vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 }), which costs nothing, or choose ` +
          'subnets with a NAT gateway [NO_S3_ROUTE]',
      ];
    },
  });
}

/** Whether the VPC is made in this app. */
function isOwn(vpc: IVpc): boolean {
  return vpc.node.findAll().some((child) => child instanceof CfnVPC);
}

/** Whether something leads out of isolated subnets; true where that cannot be known. */
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

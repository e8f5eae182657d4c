import { RegionInfo } from 'aws-cdk-lib/region-info';
import { AS_OF } from './availability.js';
import { CONTEXT } from './region-of.js';

/** Advice on what to use in the region, which regions to use instead, and what to do if the table is outdated. */
export function advice(instead: string | undefined, region: string, regions: readonly string[]): string {
  const there = nearest(region, regions);
  const ways = [...(instead ? [instead] : []), ...(there.length > 0 ? [`go to ${someOf(there)}`] : [])];
  return (
    `${ways.join(', or ')}. This list is as of ${AS_OF}: if AWS offers it there now, set the context ` +
    `${CONTEXT} to false`
  );
}

/** Regions that the same accounts can use, sorted with those in the same part of the world first. */
function nearest(region: string, regions: readonly string[]): string[] {
  const area = region.slice(0, region.indexOf('-') + 1);
  const partition = (name: string) => RegionInfo.get(name).partition;
  const reached = regions.filter((each) => partition(each) === partition(region));
  return [...reached.filter((each) => each.startsWith(area)), ...reached.filter((each) => !each.startsWith(area))];
}

function someOf(names: readonly string[]): string {
  const others = names.length - 4;
  return others > 1 ? `${names.slice(0, 4).join(', ')} or ${others} others` : anyOf(names);
}

export function anyOf(names: readonly string[]): string {
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : names.join();
}

import { EC2_REGIONS, FAMILY_LACKING, FAMILY_ONLY, NVIDIA_FAMILIES } from './availability.js';

/** Splits a table entry, whose names are separated by spaces. */
export function words(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}

const LACKING = new Map<string, string>(Object.entries(FAMILY_LACKING));
const ONLY = new Map<string, string>(Object.entries(FAMILY_ONLY));

/**
 * Families that can replace each other, sorted by similarity, and the sizes that all of them have with the same number
 * of CPUs and GPUs.
 */
const KINDS: readonly { readonly families: readonly string[]; readonly sizes: RegExp }[] = [
  { families: ['g5', 'g6', 'g4dn', 'g6e'], sizes: /^(2|4|8|12|16)?xlarge$/ },
  { families: ['p4d', 'p4de'], sizes: /^24xlarge$/ },
  { families: ['p5', 'p5e', 'p5en', 'p6-b200', 'p6-b300'], sizes: /^48xlarge$/ },
  { families: ['c7g', 'c6g', 'c8g'], sizes: /^(large|(2|4|8|12|16)?xlarge)$/ },
  { families: ['m6g', 'm8g', 'm6gd'], sizes: /^(large|(2|4|8|12|16)?xlarge)$/ },
  { families: ['r6g', 'r8g', 'r6gd', 'r7gd'], sizes: /^(large|(2|4|8|12|16)?xlarge)$/ },
  { families: ['c6i', 'c7i', 'c5', 'c6in', 'c5d'], sizes: /^(2|4)?xlarge$/ },
  { families: ['m6i', 'm7i', 'm5', 'm5d'], sizes: /^(large|(2|4)?xlarge)$/ },
  { families: ['r6i', 'r7i', 'r5', 'r5d'], sizes: /^(large|(2|4)?xlarge)$/ },
];

/** Regions in which EC2 offers an instance family; undefined if the family is unknown. */
export function familyRegions(family: string): string[] | undefined {
  const only = ONLY.get(family);
  if (only !== undefined) return words(only);
  const lacking = LACKING.get(family);
  return lacking === undefined ? undefined : words(EC2_REGIONS).filter((region) => !words(lacking).includes(region));
}

/**
 * Instance types in the region that are most similar to an unavailable one, among the families that the service
 * supports. They have the same size, or are given as `family.*` if sizes differ.
 */
export function similarTypes(type: string, region: string, families: readonly string[]): string[] {
  const [family = '', size = ''] = type.split('.');
  const isThere = (name: string) => families.includes(name) && (familyRegions(name) ?? []).includes(region);
  const kind = KINDS.find((each) => each.families.includes(family));
  const near = (kind?.families ?? []).filter(isThere).map((name) => `${name}.${kind!.sizes.test(size) ? size : '*'}`);
  if (near.length > 0 || !words(NVIDIA_FAMILIES).includes(family)) return near;
  // A large GPU is best replaced by another large one.
  const gpus = words(NVIDIA_FAMILIES).filter(isThere);
  return [...gpus.filter((name) => name[0] === family[0]), ...gpus.filter((name) => name[0] !== family[0])]
    .slice(0, 3)
    .map((name) => `${name}.*`);
}

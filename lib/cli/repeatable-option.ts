/** Parser of an option that may be repeated: adds a value to the former ones. */
export function gather(value: string, former: readonly string[] = []): string[] {
  return [...former, value];
}

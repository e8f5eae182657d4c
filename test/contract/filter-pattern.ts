/**
 * Whether CloudWatch Logs counts `line` by a pattern for JSON of which every condition must hold: `=` with a text, `*`
 * for any, and `>=` with a number. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function matches(pattern: string, line: string): boolean {
  const [, conditions] = /^\{ (.+) \}$/.exec(pattern) ?? [];
  if (conditions === undefined) throw new Error(`a pattern that is not for JSON: ${pattern}`);
  const event = parsed(line);
  return event !== undefined && conditions.split(' && ').every((condition) => holds(condition, event));
}

function holds(condition: string, event: Readonly<Record<string, unknown>>): boolean {
  const [, field, text, number] = /^\(\$\.(\w+) (?:= "([^"]*)"|>= (\d+))\)$/.exec(condition) ?? [];
  if (field === undefined) throw new Error(`a condition of another kind: ${condition}`);
  const value = event[field];
  if (number !== undefined) return typeof value === 'number' && value >= Number(number);
  return value !== undefined && (text === '*' || value === text);
}

/** What is no JSON object matches no such pattern. */
function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

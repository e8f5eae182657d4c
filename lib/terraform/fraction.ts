import { Op, Token } from 'cdktf';

/** Converts a percentage to a fraction. Terraform divides a token at apply. */
export function fraction(percent: number): number {
  return Token.isUnresolved(percent) ? Token.asNumber(Op.div(percent, 100)) : percent / 100;
}

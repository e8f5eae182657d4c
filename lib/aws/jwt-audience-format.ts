/**
 * Format of the `aud` claim in an issuer's tokens, as configured on an Application Load Balancer.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_JwtValidationActionAdditionalClaim.html
 */
export enum JwtAudienceFormat {
  /** Single string, as issued by Microsoft Entra ID, Okta, Auth0 and Amazon Cognito. */
  SINGLE_STRING = 'single-string',
  /** Array of strings. */
  STRING_ARRAY = 'string-array',
}

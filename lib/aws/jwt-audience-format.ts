/**
 * Form of the `aud` claim in an issuer's tokens, which an Application Load Balancer has to know.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_JwtValidationActionAdditionalClaim.html
 */
export enum JwtAudienceFormat {
  /** One text, as Microsoft Entra ID, Okta, Auth0 and Amazon Cognito send it. */
  SINGLE_STRING = 'single-string',
  /** A list of texts. */
  STRING_ARRAY = 'string-array',
}

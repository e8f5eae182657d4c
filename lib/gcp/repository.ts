/** A repository of Artifact Registry. What `@cdktf/provider-google` makes or reads fits. */
export interface GoogleRepository {
  readonly project: string;
  /** Its region. Vertex AI pulls from its own region only. */
  readonly location: string;
  readonly repositoryId: string;
}

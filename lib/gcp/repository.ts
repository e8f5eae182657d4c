/** Artifact Registry repository. Resources and data sources of `@cdktf/provider-google` match this interface. */
export interface GoogleRepository {
  /** Project ID of the repository. */
  readonly project: string;
  /** Region of the repository. Vertex AI pulls from its own region only. */
  readonly location: string;
  /** Name of the repository in its project and region. */
  readonly repositoryId: string;
}

import type { ImageContext } from '../../../bundle/image-parts.js';
import type { ImageArchitecture } from '../../../serving/image-architecture.js';
import type { ArtifactRepository } from './artifact-repository.js';

/** Options of an image build that pushes to `uri`. */
export interface ImageBuild extends ImageContext {
  readonly dockerfile: string;
  readonly uri: string;
  readonly architecture: ImageArchitecture;
  readonly registry: ArtifactRepository;
  readonly projectId: string;
}

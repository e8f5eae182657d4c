import { type PictureSize, pictureClassifier } from './support/models.js';
import { type Comparison, compare } from './support/pairs.js';
import { picturePost } from './support/posts.js';
import { fastApiPicture, modelship, modelshipProcesses } from './support/servers.js';
import { throughputSide } from './support/serving.js';
import type { Settings } from './support/settings.js';

/** Enough that the next picture is there when one is done, on each of two processes. */
const CONNECTIONS = 8;

/** JPEG files a second that MobileNetV2 classifies, on one processor, and by two processes on two that the load shares. */
export async function benchmarkPictures(size: PictureSize, settings: Settings): Promise<Comparison[]> {
  const { modelPackage, pictures } = await pictureClassifier();
  const asked = { modelPackage, post: picturePost(modelPackage, pictures[size]) };
  const load = { ...settings, connections: CONNECTIONS };
  const everywhere = true;
  return [
    await compare(
      'pictures/s, one processor',
      settings.rounds,
      [
        throughputSide('FastAPI + Pillow + onnxruntime', { factory: fastApiPicture(1), ...asked }, load),
        throughputSide('Modelship', { factory: modelship, ...asked }, load),
      ],
      [{ side: 'Modelship', atLeast: 1 }],
    ),
    await compare(
      'pictures/s, two processors',
      settings.rounds,
      [
        throughputSide('FastAPI, 2 processes', { factory: fastApiPicture(2), ...asked, everywhere }, load),
        throughputSide('FastAPI, 1 process', { factory: fastApiPicture(1), ...asked, everywhere }, load),
        throughputSide('Modelship, 2 processes', { factory: modelshipProcesses(2), ...asked, everywhere }, load),
      ],
      [{ side: 'Modelship, 2 processes', atLeast: 1 }],
    ),
  ];
}

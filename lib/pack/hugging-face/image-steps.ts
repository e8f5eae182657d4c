import { type ImageStep, ModelPackageError, RESIZE_FILTERS, type ResizeFilter } from '@modelship/runtime/manifest';

/** Settings of an image processor, as `preprocessor_config.json` holds them. */
type Settings = Readonly<Record<string, unknown>>;

type Steps = readonly ImageStep[];

/** An image processor of Transformers: what it uses for settings that a file leaves out. */
interface Processor {
  readonly size: Settings;
  /** Size of a central crop. @default - none */
  readonly crop?: number;
  readonly filter: ResizeFilter;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  /** Whether values are normalized. @default true */
  readonly normalizes?: boolean;
  /** Whether channels are in the reverse order. @default false */
  readonly flips?: boolean;
  /** Number that sides are rounded down to a multiple of. @default 1 */
  readonly multipleOf?: number;
  /** Whether values are divided by the standard deviation once more. @default false */
  readonly dividesTwice?: boolean;
}

const ORIENT: ImageStep = { type: 'orient' };

/** Mean and standard deviation of the channels in ImageNet. */
export const IMAGENET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const STANDARD = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const CLIP = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };

const square = (side: number) => ({ height: side, width: side });
const shortest = (side: number, longest?: number) => ({ shortest_edge: side, longest_edge: longest });

/** Processors whose steps the server runs, by the start of their names. */
const PROCESSORS: Readonly<Record<string, Processor>> = {
  Beit: { size: square(224), filter: 'bicubic', ...STANDARD },
  Bit: { size: shortest(224), crop: 224, filter: 'bicubic', ...CLIP },
  CLIP: { size: shortest(224), crop: 224, filter: 'bicubic', ...CLIP },
  ConditionalDetr: { size: shortest(800, 1333), filter: 'bilinear', ...IMAGENET },
  ConvNext: { size: shortest(384), filter: 'bicubic', ...STANDARD },
  DeiT: { size: square(256), crop: 224, filter: 'bicubic', ...STANDARD },
  DeformableDetr: { size: shortest(800, 1333), filter: 'bilinear', ...IMAGENET },
  Detr: { size: shortest(800, 1333), filter: 'bilinear', ...IMAGENET },
  EfficientNet: { size: square(346), filter: 'bicubic', ...STANDARD, dividesTwice: true },
  MobileNetV1: { size: shortest(256), crop: 224, filter: 'bilinear', ...STANDARD },
  MobileNetV2: { size: shortest(256), crop: 224, filter: 'bilinear', ...STANDARD },
  MobileViT: { size: shortest(224), crop: 256, filter: 'bicubic', normalizes: false, flips: true },
  Pvt: { size: square(224), filter: 'bicubic', ...IMAGENET },
  RTDetr: { size: square(640), filter: 'bilinear', ...IMAGENET, normalizes: false },
  Segformer: { size: square(512), filter: 'bilinear', ...IMAGENET },
  Siglip: { size: square(224), filter: 'bicubic', ...STANDARD },
  ViT: { size: square(224), filter: 'bilinear', ...STANDARD },
  Yolos: { size: shortest(800, 1333), filter: 'bilinear', ...IMAGENET, multipleOf: 16 },
};

/** Number of each filter in Pillow. */
const FILTERS: Readonly<Record<number, ResizeFilter>> = {
  0: 'nearest',
  1: 'lanczos',
  2: 'bilinear',
  3: 'bicubic',
  4: 'box',
  5: 'hamming',
};

/** Flags that only concern training, or batches of pictures of several sizes. */
const IGNORED = ['do_reduce_labels', 'do_convert_annotations', 'do_convert_rgb', 'do_pad'];

/** Flags that decide about a step here. */
const FLAGS = ['do_resize', 'do_center_crop', 'do_rescale', 'do_normalize', 'do_flip_channel_order'];

/**
 * Returns the steps of an image processor of Transformers, which begin with the orientation and the colours as in its
 * pipelines.
 *
 * @param settings content of `preprocessor_config.json`
 * @param path path of the file, for errors
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` for a processor or a step that the server does not run
 */
export function imageSteps(settings: Settings, path: string): ImageStep[] {
  const fail = (what: string): never => {
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${path}: ${what}. Pack the model with raw tensors, and prepare pictures in the caller.`,
    );
  };
  const type = String(settings.image_processor_type ?? settings.feature_extractor_type ?? '');
  const name = type.replace(/(ImageProcessor(Fast|Pil)?|FeatureExtractor)$/, '');
  const processor = Object.hasOwn(PROCESSORS, name) ? PROCESSORS[name]! : undefined;
  if (!processor) {
    return fail(
      `the image processor ${type || 'without a name'} is not supported; those of ${Object.keys(PROCESSORS).join(', ')} are`,
    );
  }
  const unknown = Object.keys(settings).find(
    (key) => key.startsWith('do_') && settings[key] && !FLAGS.includes(key) && !IGNORED.includes(key),
  );
  if (unknown !== undefined) return fail(`the step \`${unknown}\` is not supported`);
  const has = (flag: string, byDefault: boolean) => Boolean(settings[flag] ?? byDefault);

  const isFlipped = has('do_flip_channel_order', processor.flips ?? false);
  const steps: ImageStep[] = [ORIENT, { type: 'convert', mode: isFlipped ? 'BGR' : 'RGB' }];
  const resample = settings.resample as number | string | undefined;
  const filter = resample === undefined || resample === null ? processor.filter : filterOf(resample);
  if (!filter) return fail(`the filter \`resample\` ${resample} is not supported`);
  if (has('do_resize', true)) {
    const resized =
      name === 'ConvNext'
        ? convNextSteps(settings, processor, filter)
        : resizeSteps(sizeOf(settings.size, processor, settings.max_size), filter, processor.multipleOf);
    steps.push(...(resized ?? fail(`the \`size\` ${JSON.stringify(settings.size)} is not supported`)));
  }
  if (name !== 'ConvNext' && has('do_center_crop', processor.crop !== undefined)) {
    const size = sizeOf(settings.crop_size, { ...processor, size: square(processor.crop ?? 224) });
    const { height, width } = size as { height?: number; width?: number };
    if (!height || !width) return fail(`the \`crop_size\` ${JSON.stringify(settings.crop_size)} is not supported`);
    steps.push({ type: 'center_crop', height, width, rounding: 'floor' });
  }
  return [...steps, ...valueSteps(settings, processor, has)];
}

/**
 * Returns the steps of timm's `pretrained_cfg`.
 *
 * @param path file of the settings, for errors
 * @throws ModelPackageError `FORMAT_UNSUPPORTED` if the server does not run one of the steps
 */
export function timmSteps(settings: Settings, path: string): ImageStep[] {
  const { input_size, interpolation, crop_pct = 0.875, crop_mode = 'center', mean, std } = settings;
  const [channels, height, width] = Array.isArray(input_size) ? (input_size as number[]) : [];
  const filter = RESIZE_FILTERS.find((each) => each === interpolation);
  if (channels !== 3 || !height || height !== width || !filter || crop_mode !== 'center') {
    throw new ModelPackageError(
      'FORMAT_UNSUPPORTED',
      `${path}: \`pretrained_cfg\` must have a square \`input_size\` of 3 channels, a filter of Pillow as \`interpolation\` and ` +
        'the `crop_mode` center. Pack the model with raw tensors, and prepare pictures in the caller.',
    );
  }
  const cropped = {
    resize: Math.floor(height / Number(crop_pct)),
    crop: height,
    filter,
    mean: (mean as number[] | undefined) ?? IMAGENET.mean,
    std: (std as number[] | undefined) ?? IMAGENET.std,
  };
  return [ORIENT, ...croppedSteps(cropped)];
}

/** Preprocessing and labels of weights of torchvision, which the library itself knows. */
export interface TorchvisionProcessor {
  /** Length of the shorter side after the resize. */
  readonly resize: number;
  /** Side of the central crop. */
  readonly crop: number;
  readonly interpolation: string;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly labels: readonly string[];
}

/** Steps of weights of torchvision. */
export function torchvisionSteps({ interpolation, ...settings }: TorchvisionProcessor, path: string): ImageStep[] {
  const filter = RESIZE_FILTERS.find((each) => each === interpolation);
  if (filter) return [ORIENT, ...croppedSteps({ ...settings, filter })];
  throw new ModelPackageError(
    'FORMAT_UNSUPPORTED',
    `${path}: the transform of the \`weights\` has the interpolation ${interpolation}, which is not a filter of Pillow. ` +
      'Pack the model with raw tensors, and prepare pictures in the caller.',
  );
}

/** A resize of the shorter side and a central crop, as the transforms of torchvision do them. */
interface CroppedSettings {
  readonly resize: number;
  readonly crop: number;
  readonly filter: ResizeFilter;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Returns the steps from a picture of the right orientation to the input of the model. */
export function croppedSteps({ resize, crop, filter, mean, std }: CroppedSettings): ImageStep[] {
  return [
    { type: 'convert', mode: 'RGB' },
    { type: 'resize', shortestEdge: resize, filter },
    { type: 'center_crop', height: crop, width: crop, rounding: 'half_even' },
    { type: 'rescale', factor: 1 / 255 },
    { type: 'normalize', mean: [...mean], std: [...std] },
  ];
}

function filterOf(resample: number | string): ResizeFilter | undefined {
  return typeof resample === 'number'
    ? FILTERS[resample]
    : RESIZE_FILTERS.find((name) => name === resample.toLowerCase());
}

/** Returns a size as newer files write it. Older ones have a number, whose meaning depends on the processor. */
function sizeOf(size: unknown, processor: Pick<Processor, 'size'>, longest?: unknown): Settings {
  if (typeof size === 'number') {
    return 'shortest_edge' in processor.size ? { shortest_edge: size, longest_edge: longest } : square(size);
  }
  if (Array.isArray(size)) return { height: size[0], width: size[1] };
  return (size as Settings | null | undefined) ?? processor.size;
}

function resizeSteps(size: Settings, filter: ResizeFilter, multipleOf?: number): Steps | undefined {
  const { height, width, shortest_edge, longest_edge, max_height, max_width } = size as Record<
    string,
    number | undefined
  >;
  if (shortest_edge) {
    const limits = { ...(longest_edge && { longestEdge: longest_edge }), ...(multipleOf && { multipleOf }) };
    return [{ type: 'resize', shortestEdge: shortest_edge, ...limits, filter }];
  }
  if (max_height && max_width) return [{ type: 'resize', maxHeight: max_height, maxWidth: max_width, filter }];
  return height && width ? [{ type: 'resize', height, width, filter }] : undefined;
}

/** Returns the steps of ConvNeXt, which crops the middle of small pictures only. */
function convNextSteps(settings: Settings, processor: Processor, filter: ResizeFilter): Steps | undefined {
  const { shortest_edge: side } = sizeOf(settings.size, processor) as { shortest_edge?: number };
  if (!side) return undefined;
  if (side >= 384) return [{ type: 'resize', height: side, width: side, filter }];
  const shortestEdge = Math.trunc(side / Number(settings.crop_pct ?? 224 / 256));
  return [
    { type: 'resize', shortestEdge, filter },
    { type: 'center_crop', height: side, width: side, rounding: 'floor' },
  ];
}

function valueSteps(
  settings: Settings,
  processor: Processor,
  has: (flag: string, byDefault: boolean) => boolean,
): ImageStep[] {
  const steps: ImageStep[] = [];
  if (has('do_rescale', true)) {
    const factor = Number(settings.rescale_factor ?? 1 / 255);
    steps.push({ type: 'rescale', factor, ...(settings.rescale_offset === true && { offset: -1 }) });
  }
  if (has('do_normalize', processor.normalizes ?? true)) {
    const list = (value: unknown) => (typeof value === 'number' ? [value, value, value] : [...(value as number[])]);
    const mean = list(settings.image_mean ?? processor.mean ?? STANDARD.mean);
    const std = list(settings.image_std ?? processor.std ?? STANDARD.std);
    steps.push({ type: 'normalize', mean, std });
    if (processor.dividesTwice && settings.include_top !== false) {
      steps.push({ type: 'normalize', mean: mean.map(() => 0), std });
    }
  }
  return steps;
}

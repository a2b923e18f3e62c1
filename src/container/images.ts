/** An official PyTorch image: its URI says all that matters here. */
export interface FrameworkImage {
  /** As the tag has it: `2.6.0`, or an alias such as `2.6`. */
  readonly version: string;
  readonly device: 'cpu' | 'gpu';
}

export type ImageUse = 'training' | 'inference';

/**
 * Accounts of AWS's deep learning images. Most regions share the first one.
 *
 * Source: aws/sagemaker-python-sdk 3.20.0, sagemaker-core image_uri_config/pytorch.json.
 */
const accounts: ReadonlySet<string> = new Set([
  ...['763104351884', '626614931356', '871362719292', '975050140332', '364406365360', '772153158452', '907027046896'],
  ...['457447274322', '550225433462', '633930458069', '590183813437', '204538143572', '727897471807', '380420809688'],
  ...['692866216735', '503227376785', '780543022126', '914824155844', '217643126080', '637423239942', '446045086412'],
  '442386744353',
]);

/** Repositories whose images run script mode with the PyTorch toolkits. */
const repositories: Readonly<Record<ImageUse, readonly string[]>> = {
  training: ['pytorch-training', 'huggingface-pytorch-training'],
  inference: ['pytorch-inference', 'pytorch-inference-graviton'],
};

const uri =
  /^(?<account>\d{12})\.dkr\.ecr(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?\/(?<repository>[^:@]+):(?<version>\d+(?:\.\d+){1,2})-(?:transformers[\d.]+-)?(?<device>cpu|gpu)\b/;

/** What the image is when it is an official PyTorch image for `use`; undefined for every other one. */
export function frameworkImage(image: string, use: ImageUse): FrameworkImage | undefined {
  const parts = uri.exec(image)?.groups;
  if (!parts || !accounts.has(parts['account']!) || !repositories[use].includes(parts['repository']!)) return undefined;
  return { version: parts['version']!, device: parts['device'] as FrameworkImage['device'] };
}

/** Why an image that `frameworkImage` does not know cannot be run, and what to do. */
export function imageRefusal(image: string, use: ImageUse): string {
  const example = `763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-${use}:2.6.0-cpu-py312`;
  return (
    `The sandbox has no containers and cannot run the image ${image}. It runs the official PyTorch ${use} images' ` +
    `contract (script mode) on this machine's Python: use such an image, for example ${example}.`
  );
}

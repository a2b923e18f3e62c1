import table from '../../resources/pytorchImages.json' with { type: 'json' };
import { UserError } from '../core/errors.js';

/** The newest PyTorch that has both a training and an inference image. */
const defaultFrameworkVersion = '2.6.0';

/**
 * URI of AWS's own PyTorch image, as the SageMaker SDK builds it (image_uris.py): families g and p get the GPU build.
 * @throws {UserError} for a version or region that has no image, with what there is
 */
export function pytorchImage(
  use: 'training' | 'inference',
  region: string,
  instanceType: string,
  version: string = defaultFrameworkVersion,
): string {
  const python = (table[use] as Readonly<Record<string, string>>)[version];
  if (python === undefined) {
    throw new UserError(
      `There is no PyTorch ${version} image for ${use}: use one of ${Object.keys(table[use]).join(', ')}, or name an "image".`,
    );
  }
  const registry = (table.registries as Readonly<Record<string, string>>)[region];
  if (registry === undefined) {
    throw new UserError(`The PyTorch images of ${region} are not known: name the full URI as "image".`);
  }
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  const processor = /^ml\.[gp]\d/.test(instanceType) ? 'gpu' : 'cpu';
  return `${registry}.dkr.ecr.${region}.${domain}/pytorch-${use}:${version}-${processor}-${python}`;
}

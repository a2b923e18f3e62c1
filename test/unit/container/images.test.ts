import { expect, test } from 'vitest';
import { frameworkImage, imageRefusal } from '../../../src/container/images.js';

const account = '763104351884.dkr.ecr.us-east-1.amazonaws.com';

test.each([
  [`${account}/pytorch-training:2.6.0-cpu-py312`, { version: '2.6.0', device: 'cpu' }],
  [`${account}/pytorch-training:1.4-gpu-py3`, { version: '1.4', device: 'gpu' }],
  [`${account}/pytorch-training:2.6.0-gpu-py312-cu126-ubuntu22.04-sagemaker`, { version: '2.6.0', device: 'gpu' }],
  [
    '727897471807.dkr.ecr.cn-north-1.amazonaws.com.cn/pytorch-training:2.1.0-cpu-py310',
    { version: '2.1.0', device: 'cpu' },
  ],
  [`${account}/pytorch-inference:2.6.0-cpu-py312`, undefined],
  ['123456789012.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.6.0-cpu-py312', undefined],
  ['alpine', undefined],
])('%s as a training image', (image, expected) => {
  expect(frameworkImage(image, 'training')).toEqual(expected);
});

test('a refusal names the image and one that runs', () => {
  const refusal = imageRefusal('alpine', 'inference');
  expect(refusal).toContain('image alpine.');
  expect(frameworkImage(/\d{12}\S+py312/.exec(refusal)![0], 'inference')).toBeDefined();
});

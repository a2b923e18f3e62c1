const registry = '763104351884.dkr.ecr.us-east-1.amazonaws.com';
export const trainingImage = `${registry}/pytorch-training:2.6.0-cpu-py312`;
export const inferenceImage = `${registry}/pytorch-inference:2.6.0-cpu-py312`;

import type { ManagedPolicy, Role } from './roles.js';

export const executionRoleName = 'SageMakerExecutionRole';
export const executionPolicyName = 'SageMakerExecutionPolicy';

/**
 * What a training job and an endpoint need, after "CreateTrainingJob API: Execution Role Permissions" and "CreateModel
 * API: Execution Role Permissions" of the SageMaker developer guide. S3 is open to every bucket of the account, as the
 * console's own role is when "any S3 bucket" is chosen.
 */
const permissions = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Buckets',
      Effect: 'Allow',
      Action: ['s3:ListBucket', 's3:GetBucketLocation', 's3:ListBucketMultipartUploads'],
      Resource: 'arn:aws:s3:::*',
    },
    {
      Sid: 'Objects',
      Effect: 'Allow',
      Action: [
        's3:GetObject',
        's3:PutObject',
        's3:DeleteObject',
        's3:AbortMultipartUpload',
        's3:ListMultipartUploadParts',
      ],
      Resource: 'arn:aws:s3:::*/*',
    },
    {
      Sid: 'Logs',
      Effect: 'Allow',
      Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      Resource: 'arn:aws:logs:*:*:log-group:/aws/sagemaker/*',
    },
    { Sid: 'Metrics', Effect: 'Allow', Action: 'cloudwatch:PutMetricData', Resource: '*' },
    {
      Sid: 'Images',
      Effect: 'Allow',
      Action: [
        'ecr:GetAuthorizationToken',
        'ecr:BatchCheckLayerAvailability',
        'ecr:GetDownloadUrlForLayer',
        'ecr:BatchGetImage',
      ],
      Resource: '*',
    },
    // For jobs with a VpcConfig. The SageMaker Python SDK v3 takes no role for training that lacks one of these.
    {
      Sid: 'Network',
      Effect: 'Allow',
      Action: [
        'ec2:CreateNetworkInterface',
        'ec2:CreateNetworkInterfacePermission',
        'ec2:DeleteNetworkInterface',
        'ec2:DeleteNetworkInterfacePermission',
        'ec2:DescribeDhcpOptions',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
      ],
      Resource: '*',
    },
  ],
};

const trustPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'sagemaker.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

/** The role that a new sandbox starts with, and the managed policy that is attached to it. */
export function executionRole(
  policyArn: string,
  ids: { readonly role: string; readonly policy: string },
  now: Date,
): { role: Role; policy: ManagedPolicy } {
  const policy: ManagedPolicy = {
    name: executionPolicyName,
    path: '/',
    arn: policyArn,
    id: ids.policy,
    created: now,
    updated: now,
    description: 'What SageMaker training jobs and endpoints need.',
    defaultVersion: 'v1',
    versions: [{ id: 'v1', document: JSON.stringify(permissions), created: now }],
    tags: [],
  };
  const role: Role = {
    name: executionRoleName,
    path: '/',
    id: ids.role,
    created: now,
    description: 'Role of training jobs and endpoints.',
    maxSessionDuration: 3600,
    trustPolicy: JSON.stringify(trustPolicy),
    inline: {},
    attached: [policyArn],
    boundary: undefined,
    tags: [],
  };
  return { role, policy };
}

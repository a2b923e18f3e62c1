import { s3Error } from './errors.js';
import type { S3Request } from './request.js';

/** Parts of a bucket or an object that have operations of their own: query parameter to the operations' name. */
const bucketParts: Readonly<Record<string, string>> = {
  abac: 'BucketAbac',
  accelerate: 'BucketAccelerateConfiguration',
  acl: 'BucketAcl',
  analytics: 'BucketAnalyticsConfiguration',
  cors: 'BucketCors',
  encryption: 'BucketEncryption',
  'intelligent-tiering': 'BucketIntelligentTieringConfiguration',
  inventory: 'BucketInventoryConfiguration',
  lifecycle: 'BucketLifecycleConfiguration',
  location: 'BucketLocation',
  logging: 'BucketLogging',
  metadataConfiguration: 'BucketMetadataConfiguration',
  metadataTable: 'BucketMetadataTableConfiguration',
  metrics: 'BucketMetricsConfiguration',
  notification: 'BucketNotificationConfiguration',
  'object-lock': 'ObjectLockConfiguration',
  ownershipControls: 'BucketOwnershipControls',
  policy: 'BucketPolicy',
  policyStatus: 'BucketPolicyStatus',
  publicAccessBlock: 'PublicAccessBlock',
  replication: 'BucketReplication',
  requestPayment: 'BucketRequestPayment',
  tagging: 'BucketTagging',
  versioning: 'BucketVersioning',
  website: 'BucketWebsite',
};

const objectParts: Readonly<Record<string, string>> = {
  acl: 'ObjectAcl',
  attributes: 'ObjectAttributes',
  encryption: 'ObjectEncryption',
  'legal-hold': 'ObjectLegalHold',
  retention: 'ObjectRetention',
  tagging: 'ObjectTagging',
  torrent: 'ObjectTorrent',
};

const verbs: Readonly<Record<string, string>> = { GET: 'Get', PUT: 'Put', DELETE: 'Delete' };

/**
 * Name of the operation that a request asks for: also of those that the sandbox does not have, so that it can say which.
 * @throws {ServiceError} MethodNotAllowed.
 */
export function operationName(request: S3Request): string {
  const level = request.key !== '' ? objectOperation : request.bucket !== '' ? bucketOperation : accountOperation;
  const name = level(request);
  if (name === undefined) {
    const resource = request.key !== '' ? 'OBJECT' : request.bucket !== '' ? 'BUCKET' : 'SERVICE';
    throw s3Error('MethodNotAllowed', { Method: request.method, ResourceType: resource });
  }
  return name;
}

function accountOperation({ method }: S3Request): string | undefined {
  return method === 'GET' ? 'ListBuckets' : undefined;
}

function bucketOperation(request: S3Request): string | undefined {
  const { method, query } = request;
  const part = partOperation(request, bucketParts);
  if (part !== undefined) return part;
  switch (method) {
    case 'GET':
      if (query.has('uploads')) return 'ListMultipartUploads';
      if (query.has('versions')) return 'ListObjectVersions';
      if (query.has('session')) return 'CreateSession';
      return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
    case 'HEAD':
      return 'HeadBucket';
    case 'PUT':
      return 'CreateBucket';
    case 'DELETE':
      return 'DeleteBucket';
    case 'POST':
      // A form that a browser uploads has no parameter in the query.
      return query.has('delete') ? 'DeleteObjects' : 'PostObject';
    default:
      return undefined;
  }
}

function objectOperation(request: S3Request): string | undefined {
  const { method, query } = request;
  const part = partOperation(request, objectParts);
  if (part !== undefined) return part;
  const copies = request.header('x-amz-copy-source') !== undefined;
  switch (method) {
    case 'GET':
      return query.has('uploadId') ? 'ListParts' : 'GetObject';
    case 'HEAD':
      return 'HeadObject';
    case 'PUT':
      if (query.has('renameObject')) return 'RenameObject';
      if (query.has('uploadId')) return copies ? 'UploadPartCopy' : 'UploadPart';
      return copies ? 'CopyObject' : 'PutObject';
    case 'POST':
      if (query.has('uploads')) return 'CreateMultipartUpload';
      if (query.has('uploadId')) return 'CompleteMultipartUpload';
      if (query.has('restore')) return 'RestoreObject';
      return query.has('select') ? 'SelectObjectContent' : undefined;
    case 'DELETE':
      return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return undefined;
  }
}

function partOperation({ method, query }: S3Request, parts: Readonly<Record<string, string>>): string | undefined {
  const verb = verbs[method];
  if (verb === undefined) return undefined;
  for (const parameter of query.keys()) {
    const part = Object.hasOwn(parts, parameter) ? parts[parameter] : undefined;
    if (part !== undefined) return verb + part;
  }
  return undefined;
}

import { writeFile } from 'node:fs/promises';
import type * as Api from '@aws-sdk/client-lambda';
import { type Caller, ServiceError } from '../../protocol/service.js';
import type { Objects } from '../../store/objects.js';
import type { Access } from '../ports.js';
import { isAllowed, refuse } from '../refusals.js';
import { invalidParameter, tooLarge } from './errors.js';
import type { CodePackage } from './functionRecord.js';
import { type DeploymentPackages, unzippedQuota } from './packages.js';

/** Bytes of a zip that comes with the request. */
const zippedQuota = 52_428_800;

/** Where a request says that the code of a function is. */
export class CodeSource {
  constructor(
    private readonly packages: DeploymentPackages,
    private readonly objects: Objects,
    private readonly access: Access,
  ) {}

  /**
   * The package, in use until it is released.
   * @throws {ServiceError} when there is none, or none that Lambda takes
   */
  async bring(code: Api.FunctionCode, caller: Caller): Promise<CodePackage> {
    refuse({
      'container images (ImageUri)': code.ImageUri,
      'packages that stay in S3 (S3ObjectStorageMode REFERENCE)': code.S3ObjectStorageMode === 'REFERENCE',
      'keys of your own (SourceKMSKeyArn)': code.SourceKMSKeyArn,
    });
    const { ZipFile, S3Bucket, S3Key, S3ObjectVersion } = code;
    if (ZipFile && (S3Bucket ?? S3Key ?? S3ObjectVersion) !== undefined) {
      throw invalidParameter('Please do not provide other FunctionCode parameters when providing a ZipFile.');
    }
    if (ZipFile) return this.fromRequest(ZipFile);
    if (S3Bucket === undefined || S3Key === undefined)
      throw invalidParameter('Please provide a source for function code.');
    return this.fromObject(caller, S3Bucket, S3Key, S3ObjectVersion);
  }

  private fromRequest(zip: Uint8Array): Promise<CodePackage> {
    // Measured by localstack, as all texts here (test_lambda_api.snapshot.json).
    if (zip.length > zippedQuota) throw tooLarge(`Zipped size must be smaller than ${zippedQuota} bytes`);
    return this.packages.add((file) => writeFile(file, zip, { mode: 0o400 }));
  }

  private fromObject(caller: Caller, bucket: string, key: string, version: string | undefined): Promise<CodePackage> {
    const action = version === undefined ? 's3:GetObject' : 's3:GetObjectVersion';
    if (!isAllowed(() => this.access.require(caller, action, `arn:aws:s3:::${bucket}/${key}`))) {
      throw new ServiceError(
        'AccessDeniedException',
        'Your access has been denied by S3, please make sure your request credentials have permission to GetObject ' +
          `for ${bucket}/${key}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied`,
        403,
      );
    }
    if (!this.objects.bucketExists(bucket)) throw s3Failed('NoSuchBucket', 'The specified bucket does not exist');
    const object = this.objects.get(bucket, key, version);
    if (!object) {
      throw version === undefined
        ? s3Failed('NoSuchKey', 'The specified key does not exist.')
        : s3Failed('NoSuchVersion', 'The specified version does not exist.');
    }
    if (object.size > unzippedQuota)
      throw invalidParameter(`Unzipped size must be smaller than ${unzippedQuota} bytes`);
    return this.packages.add((file) => this.objects.materialise(object, file));
  }
}

function s3Failed(code: string, message: string): ServiceError {
  return invalidParameter(`Error occurred while GetObject. S3 Error Code: ${code}. S3 Error Message: ${message}`);
}

import { createHash } from 'node:crypto';
import type { ObjectFiles } from '../../store/objectFiles.js';
import type { Tag } from '../../store/objectIndex.js';
import { bucketNameProblem } from './bucketName.js';
import { headerNotImplemented, invalidArgument, s3Error } from './errors.js';
import { IncomingBody } from './incomingBody.js';
import { xmlAnswer, type Answer, type S3Operations } from './operation.js';
import type { S3Request } from './request.js';
import { checkBucketTags, readTagXml, tagXml } from './tags.js';
import { parseXml, xmlDocument, xmlElement, xmlText, type XmlElement } from './xml.js';

/** What S3 calls an account: 64 hex digits. AWS's have no relation to the account's number that could be computed. */
export function ownerXml(account: string, name = 'Owner'): string {
  return xmlElement(name, xmlText('ID', createHash('sha256').update(account).digest('hex')));
}

/** Buckets themselves, and what belongs to a bucket as a whole. */
export function bucketOperations(objects: ObjectFiles, region: string): S3Operations {
  return {
    ListBuckets: {
      action: 'ListAllMyBuckets',
      run: (request) => listBuckets(objects, region, request),
    },
    CreateBucket: {
      action: 'CreateBucket',
      run: (request) => createBucket(objects, region, request),
    },
    HeadBucket: {
      action: 'ListBucket',
      run: () => xmlAnswer('', { 'x-amz-bucket-region': region, 'x-amz-access-point-alias': 'false' }),
    },
    DeleteBucket: {
      action: 'DeleteBucket',
      run: async ({ bucket }) => {
        await objects.commit(() => {
          if (!objects.index.isEmpty(bucket)) throw s3Error('BucketNotEmpty', { BucketName: bucket });
          const freed = objects.uploads.removeAll(bucket);
          objects.buckets.delete(bucket);
          return { freed };
        });
        return { status: 204 };
      },
    },
    GetBucketLocation: {
      action: 'GetBucketLocation',
      run: () => {
        // us-east-1 came before there were regions, and has no name here.
        return xmlAnswer(xmlDocument('LocationConstraint', region === 'us-east-1' ? '' : region));
      },
    },
    GetBucketVersioning: {
      action: 'GetBucketVersioning',
      run: ({ bucket }) => {
        return xmlAnswer(xmlDocument('VersioningConfiguration', xmlText('Status', objects.bucket(bucket).versioning)));
      },
    },
    PutBucketVersioning: {
      action: 'PutBucketVersioning',
      run: async (request) => {
        const configuration = parseXml(await new IncomingBody(request).text(), 'VersioningConfiguration');
        if (configuration.textOf('MfaDelete') === 'Enabled') {
          throw s3Error('NotImplemented', {}, 'The sandbox does not implement MFA delete.');
        }
        const status = configuration.required('Status');
        if (status !== 'Enabled' && status !== 'Suspended') throw s3Error('MalformedXML');
        objects.buckets.patch(request.bucket, { versioning: status });
        return {};
      },
    },
    GetBucketTagging: {
      action: 'GetBucketTagging',
      run: ({ bucket }) => {
        const { tags } = objects.bucket(bucket);
        if (tags.length === 0) throw s3Error('NoSuchTagSet', { BucketName: bucket });
        return xmlAnswer(tagXml(tags));
      },
    },
    PutBucketTagging: {
      action: 'PutBucketTagging',
      run: async (request) => {
        const tags = readTagXml(await new IncomingBody(request).text(), 'bucket');
        objects.buckets.patch(request.bucket, { tags });
        return { status: 204 };
      },
    },
    DeleteBucketTagging: {
      action: 'PutBucketTagging',
      run: ({ bucket }) => {
        objects.buckets.patch(bucket, { tags: [] });
        return { status: 204 };
      },
    },
  };
}

function listBuckets(objects: ObjectFiles, region: string, { account, query }: S3Request): Answer {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? '';
  const limit = Number(query.get('max-buckets') ?? 10_000);
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) {
    const what = 'Argument max-buckets must be an integer between 1 and 10000';
    throw invalidArgument('max-buckets', String(query.get('max-buckets')), what);
  }
  const elsewhere = query.has('bucket-region') && query.get('bucket-region') !== region;
  const all = [...objects.buckets.values()]
    .filter(({ name }) => !elsewhere && name.startsWith(prefix) && name > after)
    // Names are ASCII, so the order of code units is S3's.
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const page = all.slice(0, limit);
  const buckets = page.map(({ name, created }) =>
    xmlElement(
      'Bucket',
      xmlText('Name', name),
      xmlText('CreationDate', created.toISOString()),
      xmlText('BucketRegion', region),
    ),
  );
  return xmlAnswer(
    xmlDocument(
      'ListAllMyBucketsResult',
      ownerXml(account),
      xmlElement('Buckets', ...buckets),
      xmlText('Prefix', query.get('prefix')),
      xmlText('ContinuationToken', page.length < all.length ? page.at(-1)?.name : undefined),
    ),
  );
}

async function createBucket(objects: ObjectFiles, region: string, request: S3Request): Promise<Answer> {
  const { bucket: name } = request;
  const problem = bucketNameProblem(name);
  if (problem !== undefined) {
    throw s3Error('InvalidBucketName', { BucketName: name }, `The specified bucket is not valid: ${problem}.`);
  }
  checkBucketHeaders(request);
  const xml = await new IncomingBody(request).text();
  const configuration = xml === '' ? undefined : parseXml(xml, 'CreateBucketConfiguration');
  checkLocation(configuration, region);
  const tags = readTags(configuration);
  // In us-east-1 alone, creating a bucket that one has succeeds ("Error responses", BucketAlreadyOwnedByYou).
  if (!objects.bucketExists(name)) {
    objects.buckets.put(name, { name, created: new Date(), versioning: undefined, tags });
  } else if (region !== 'us-east-1') throw s3Error('BucketAlreadyOwnedByYou', { BucketName: name });
  return { headers: { location: `/${name}` } };
}

function checkBucketHeaders(request: S3Request): void {
  const acl = request.header('x-amz-acl');
  if (acl !== undefined && acl !== 'private') throw headerNotImplemented(`x-amz-acl: ${acl}`);
  const ownership = request.header('x-amz-object-ownership');
  if (ownership !== undefined && ownership !== 'BucketOwnerEnforced') {
    throw headerNotImplemented(`x-amz-object-ownership: ${ownership}`);
  }
  if (request.header('x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true') {
    throw headerNotImplemented('x-amz-bucket-object-lock-enabled');
  }
}

function checkLocation(configuration: XmlElement | undefined, region: string): void {
  if (configuration && configuration.all('Bucket').length > 0) {
    throw s3Error('NotImplemented', {}, 'The sandbox does not implement directory buckets.');
  }
  // An empty one is what some SDKs send for none.
  const asked = configuration?.textOf('LocationConstraint') || undefined;
  if (asked === (region === 'us-east-1' ? undefined : region)) return;
  if (asked === undefined) throw s3Error('IllegalLocationConstraintException');
  if (region === 'us-east-1' && asked === region) {
    throw s3Error('InvalidArgument', { LocationConstraint: asked }, 'The specified location-constraint is not valid');
  }
  const what = `The ${asked} location constraint is incompatible for the region specific endpoint this request was sent to.`;
  throw s3Error('IllegalLocationConstraintException', {}, what);
}

function readTags(configuration: XmlElement | undefined): readonly Tag[] {
  const tags = configuration?.all('Tags').flatMap((each) => each.all('Tag')) ?? [];
  return checkBucketTags(tags.map((tag) => ({ Key: tag.required('Key'), Value: tag.required('Value') })));
}

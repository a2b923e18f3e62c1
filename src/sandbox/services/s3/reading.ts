import { open } from 'node:fs/promises';
import type { ObjectFiles } from '../../store/objectFiles.js';
import type { ObjectVersion } from '../../store/objectIndex.js';
import { judgeRead, type Conditions } from './conditions.js';
import { invalidArgument, s3Error } from './errors.js';
import { whileItExists, findObject, readAction } from './finding.js';
import { checksumHeaders, describe } from './objectHeaders.js';
import { xmlAnswer, type Answer, type OpenBody, type S3Operations } from './operation.js';
import { parseRange, type ByteRange } from './ranges.js';
import type { S3Request } from './request.js';
import { xmlDocument, xmlElement, xmlText } from './xml.js';

/** GetObject, HeadObject, GetObjectAttributes. */
export function readOperations(objects: ObjectFiles): S3Operations {
  return {
    GetObject: { action: readAction, run: (request) => getObject(objects, request) },
    HeadObject: {
      action: readAction,
      run: (request) => {
        const { part: _, ...answer } = prepare(objects, request, findObject(objects, request));
        return answer;
      },
    },
    GetObjectAttributes: {
      action: (request) => (request.query.has('versionId') ? 'GetObjectVersionAttributes' : 'GetObjectAttributes'),
      run: (request) => getAttributes(objects, request),
    },
  };
}

async function getObject(objects: ObjectFiles, request: S3Request): Promise<Answer> {
  const find = () => findObject(objects, request);
  return whileItExists(find, async (object) => {
    const { part, ...answer } = prepare(objects, request, object);
    if (!part || part.length === 0) return answer;
    const body: OpenBody = { handle: await open(objects.bodies.pathOf(object.file)), ...part };
    return { ...answer, body };
  });
}

/** What GET and HEAD share: all of the answer but the bytes, and which `part` of the body they are. */
function prepare(
  objects: ObjectFiles,
  request: S3Request,
  object: ObjectVersion,
): Answer & { readonly part?: { readonly start: number; readonly length: number } } {
  const told = describe(object, request, objects.bucket(object.bucket).versioning !== undefined);
  if (judgeRead(object, conditionsOf(request)) !== undefined) {
    const { 'content-type': _type, 'content-encoding': _encoding, ...kept } = told;
    return { status: 304, headers: kept };
  }
  const { range, checksum } = chooseRange(request, object);
  const { start, end } = range ?? { start: 0, end: object.size - 1 };
  const length = end - start + 1;
  const headers = {
    ...told,
    'content-length': String(length),
    'content-range': range && `bytes ${start}-${end}/${object.size}`,
    ...(request.header('x-amz-checksum-mode')?.toUpperCase() === 'ENABLED' && checksum),
  };
  return { status: range ? 206 : 200, headers, part: { start, length } };
}

/** The bytes that are asked for, undefined for all of them; and the checksum that is known of exactly these. */
function chooseRange(
  request: S3Request,
  object: ObjectVersion,
): { range: ByteRange | undefined; checksum: Record<string, string> } {
  const header = request.header('range');
  const partNumber = request.query.get('partNumber');
  if (partNumber !== undefined) {
    if (header !== undefined) {
      throw s3Error('InvalidRequest', {}, 'Cannot specify both Range header and partNumber query parameter');
    }
    return choosePart(object, partNumber);
  }
  const range = parseRange(header, object.size);
  if (range === 'unsatisfiable') {
    throw s3Error('InvalidRange', { RangeRequested: header ?? '', ActualObjectSize: object.size });
  }
  return range === 'whole' ? { range: undefined, checksum: checksumHeaders(object.details) } : { range, checksum: {} };
}

/** An object that was not uploaded in parts is one part. */
function choosePart(
  { size, details }: ObjectVersion,
  asked: string,
): { range: ByteRange | undefined; checksum: Record<string, string> } {
  const number = Number(asked);
  if (!Number.isInteger(number) || number < 1 || number > 10_000) {
    const what = 'Part number must be an integer between 1 and 10000, inclusive';
    throw invalidArgument('partNumber', asked, what);
  }
  const parts = details.parts ?? [{ number: 1, size }];
  const part = parts[number - 1];
  if (!part) throw s3Error('InvalidPartNumber', { ActualPartCount: parts.length, PartNumberRequested: number });
  const start = parts.slice(0, number - 1).reduce((sum, each) => sum + each.size, 0);
  const range = part.size === 0 ? undefined : { start, end: start + part.size - 1 };
  const { checksum } = details;
  // The checksum of a part is only told where the object's is made of them; one part alone is the object.
  if (checksum?.type === 'COMPOSITE' && part.checksum !== undefined) {
    return { range, checksum: checksumHeaders({ ...details, checksum: { ...checksum, value: part.checksum } }) };
  }
  return { range, checksum: parts.length === 1 ? checksumHeaders(details) : {} };
}

function conditionsOf(request: S3Request): Conditions {
  return {
    ifMatch: request.header('if-match'),
    ifNoneMatch: request.header('if-none-match'),
    ifModifiedSince: request.header('if-modified-since'),
    ifUnmodifiedSince: request.header('if-unmodified-since'),
  };
}

const attributes = ['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize'];

function getAttributes(objects: ObjectFiles, request: S3Request): Answer {
  const asked = (request.header('x-amz-object-attributes') ?? '').split(',').map((each) => each.trim());
  if (asked.some((each) => !attributes.includes(each))) {
    throw invalidArgument('x-amz-object-attributes', asked.join(','), 'Invalid attribute name specified.');
  }
  request.require(readAction(request));
  const object = findObject(objects, request);
  const { checksum, parts, headers } = object.details;
  const told: Readonly<Record<string, () => string>> = {
    // Without quotes here, and the checksum without the number of its parts (floci-io/floci #3083, measured on S3).
    ETag: () => xmlText('ETag', object.etag.replaceAll('"', '')),
    Checksum: () =>
      checksum
        ? xmlElement(
            'Checksum',
            xmlText(`Checksum${checksum.algorithm}`, checksum.value.replace(/-\d+$/, '')),
            xmlText('ChecksumType', checksum.type),
          )
        : '',
    ObjectParts: () => (parts ? partsXml(request, object) : ''),
    StorageClass: () => xmlText('StorageClass', headers['x-amz-storage-class'] ?? 'STANDARD'),
    ObjectSize: () => xmlText('ObjectSize', object.size),
  };
  const content = attributes.filter((each) => asked.includes(each)).map((each) => told[each]!());
  const versioned = objects.bucket(object.bucket).versioning !== undefined;
  return xmlAnswer(xmlDocument('GetObjectAttributesResponse', ...content), {
    'last-modified': object.modified.toUTCString(),
    'x-amz-version-id': versioned ? object.versionId : undefined,
  });
}

/** Only composite checksums have parts that S3 goes on knowing one by one; of others it tells the number. */
function partsXml(request: S3Request, { details }: ObjectVersion): string {
  const parts = details.parts ?? [];
  const { checksum } = details;
  if (checksum?.type !== 'COMPOSITE') return xmlElement('ObjectParts', xmlText('PartsCount', parts.length));
  const marker = Number(request.header('x-amz-part-number-marker') ?? 0);
  const limit = Math.min(Number(request.header('x-amz-max-parts') ?? 1000), 1000);
  const rest = parts.filter(({ number }) => number > marker);
  const page = rest.slice(0, limit);
  return xmlElement(
    'ObjectParts',
    xmlText('PartsCount', parts.length),
    xmlText('PartNumberMarker', marker),
    xmlText('NextPartNumberMarker', page.at(-1)?.number ?? 0),
    xmlText('MaxParts', limit),
    xmlText('IsTruncated', page.length < rest.length),
    ...page.map((part) =>
      xmlElement(
        'Part',
        xmlText('PartNumber', part.number),
        xmlText('Size', part.size),
        xmlText(`Checksum${checksum.algorithm}`, part.checksum),
      ),
    ),
  );
}

import type { Tag } from '../../store/objectIndex.js';
import { invalidArgument, s3Error } from './errors.js';
import { parseXml, xmlDocument, xmlElement, xmlText } from './xml.js';

const mostObjectTags = 10;
const mostBucketTags = 50;

/** `x-amz-tagging: key=value&key2=value2`, escaped as in a query. */
export function readTagHeader(header: string | undefined): readonly Tag[] {
  if (header === undefined || header === '') return [];
  let tags: Tag[];
  try {
    tags = header.split('&').map((pair) => {
      const [key = '', value = ''] = pair.split(/=(.*)/s).map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
      return { Key: key, Value: value };
    });
  } catch {
    const what =
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.";
    throw invalidArgument('x-amz-tagging', header, what);
  }
  return checkTags(tags, mostObjectTags);
}

export function readTagXml(xml: string, of: 'object' | 'bucket'): readonly Tag[] {
  const [set, ...more] = parseXml(xml, 'Tagging').all('TagSet');
  if (!set || more.length > 0) throw s3Error('MalformedXML');
  const tags = set.all('Tag').map((tag) => ({ Key: tag.required('Key'), Value: tag.required('Value') }));
  return checkTags(tags, of === 'object' ? mostObjectTags : mostBucketTags);
}

export function checkBucketTags(tags: readonly Tag[]): readonly Tag[] {
  return checkTags(tags, mostBucketTags);
}

export function tagXml(tags: readonly Tag[]): string {
  const each = tags.map(({ Key, Value }) => xmlElement('Tag', xmlText('Key', Key), xmlText('Value', Value)));
  return xmlDocument('Tagging', xmlElement('TagSet', ...each));
}

/** Limits and characters: S3 user guide, "Categorizing your objects using tags". */
function checkTags(tags: readonly Tag[], most: number): readonly Tag[] {
  if (tags.length > most) {
    const whose = most === mostObjectTags ? 'Object' : 'Bucket';
    throw s3Error('InvalidTag', {}, `${whose} tags cannot be greater than ${most}`);
  }
  const keys = new Set<string>();
  for (const { Key, Value } of tags) {
    const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
    if (Key === '' || Key.length > 128 || !allowed.test(Key) || Key.startsWith('aws:')) {
      throw s3Error('InvalidTag', { TagKey: Key }, 'The TagKey you have provided is invalid');
    }
    if (Value.length > 256 || !allowed.test(Value)) throw s3Error('InvalidTag', { TagValue: Value });
    if (keys.has(Key)) {
      throw s3Error('InvalidTag', { TagKey: Key }, 'Cannot provide multiple Tags with the same key');
    }
    keys.add(Key);
  }
  return tags;
}

import type { ObjectFiles } from '../../store/objectFiles.js';
import type { ObjectVersion, Tag } from '../../store/objectIndex.js';
import { findObject } from './finding.js';
import { IncomingBody } from './incomingBody.js';
import { versionHeader } from './objectHeaders.js';
import { xmlAnswer, type S3Operations } from './operation.js';
import type { S3Request } from './request.js';
import { readTagXml, tagXml } from './tags.js';

/** The tags of an object. */
export function taggingOperations(objects: ObjectFiles): S3Operations {
  const told = (object: ObjectVersion) => versionHeader(object, objects.bucket(object.bucket).versioning !== undefined);
  /** Finds the object within the change: it may have been replaced while the request's body came in. */
  const retag = (request: S3Request, tags: readonly Tag[]) =>
    objects.commit(() => {
      const object = findObject(objects, request);
      objects.index.describe(object, { ...object.details, tags });
      return { freed: [], object };
    });
  return {
    GetObjectTagging: {
      action: action('GetObject', 'Tagging'),
      run: (request) => {
        const object = findObject(objects, request);
        return xmlAnswer(tagXml(object.details.tags), told(object));
      },
    },
    PutObjectTagging: {
      action: action('PutObject', 'Tagging'),
      run: async (request) => {
        findObject(objects, request);
        const tags = readTagXml(await new IncomingBody(request).text(), 'object');
        const { object } = await retag(request, tags);
        return { headers: told(object) };
      },
    },
    DeleteObjectTagging: {
      action: action('DeleteObject', 'Tagging'),
      run: async (request) => {
        const { object } = await retag(request, []);
        return { status: 204, headers: told(object) };
      },
    },
  };
}

function action(verb: string, what: string): (request: S3Request) => string {
  return ({ query }) => `${verb}${query.has('versionId') ? 'Version' : ''}${what}`;
}

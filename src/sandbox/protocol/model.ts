/** A compact service model as scripts/generateModels.py writes it; the words are botocore's. */
export interface ModelDocument {
  readonly metadata: {
    /** The service's name in credential scopes. */
    readonly signingName: string;
    readonly apiVersion: string;
    readonly protocols: readonly string[];
    readonly jsonVersion?: string;
    readonly targetPrefix?: string;
    readonly xmlNamespace?: string;
    /** Clients of a json service that was a query service want the query error's code in a header. */
    readonly awsQueryCompatible?: object;
  };
  readonly operations: Readonly<Record<string, OperationModel>>;
  /** Of REST services: method, URI and name of the operations that the model leaves out. */
  readonly others?: readonly (readonly [method: string, uri: string, name: string])[];
  readonly shapes: Readonly<Record<string, Shape>>;
}

export interface OperationModel {
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: string;
  readonly output?: { readonly shape: string; readonly resultWrapper?: string };
  readonly errors?: readonly string[];
}

export interface Reference {
  readonly shape: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly locationName?: string;
  readonly flattened?: boolean;
  readonly timestampFormat?: TimestampFormat;
}

export type TimestampFormat = 'iso8601' | 'rfc822' | 'unixTimestamp';

export type Shape = StructureShape | ListShape | MapShape | ScalarShape;

interface Constraints {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  /** Values that error messages must not repeat. */
  readonly sensitive?: boolean;
}

export interface StructureShape extends Constraints {
  readonly type: 'structure';
  readonly members: Readonly<Record<string, Reference>>;
  readonly required?: readonly string[];
  /** REST: the member that is the body. */
  readonly payload?: string;
  readonly exception?: boolean;
  readonly error?: { readonly code?: string; readonly httpStatusCode?: number };
  /** An error that is the service's fault. */
  readonly fault?: boolean;
}

export interface ListShape extends Constraints {
  readonly type: 'list';
  readonly member: Reference;
  readonly flattened?: boolean;
}

export interface MapShape extends Constraints {
  readonly type: 'map';
  readonly key: Reference;
  readonly value: Reference;
  readonly flattened?: boolean;
}

export interface ScalarShape extends Constraints {
  readonly type: ScalarType;
  readonly timestampFormat?: TimestampFormat;
}

export type ScalarType =
  'string' | 'character' | 'integer' | 'long' | 'float' | 'double' | 'boolean' | 'timestamp' | 'blob';

/** Structures and maps as the codecs hand them on; timestamps are Dates, blobs Uint8Arrays. */
export type Members = Readonly<Record<string, unknown>>;

export class Model {
  private readonly patterns = new Map<string, RegExp>();
  private readonly errors: ReadonlyMap<string, { readonly name: string; readonly shape: StructureShape }>;

  constructor(
    /** File name in ../models: `sagemaker`, `logs`… */
    readonly id: string,
    readonly document: ModelDocument,
  ) {
    const errors = new Map<string, { name: string; shape: StructureShape }>();
    for (const [name, shape] of Object.entries(document.shapes)) {
      if (shape.type !== 'structure' || !shape.exception) continue;
      errors.set(name, { name, shape });
      if (shape.error?.code) errors.set(shape.error.code, { name, shape });
    }
    this.errors = errors;
  }

  operation(name: string): OperationModel | undefined {
    // Names come off the wire: `constructor` is no operation.
    return Object.hasOwn(this.document.operations, name) ? this.document.operations[name] : undefined;
  }

  shape(name: string): Shape {
    const shape = this.document.shapes[name];
    if (!shape) throw new Error(`The model ${this.id} refers to a shape that it does not have: ${name}.`);
    return shape;
  }

  structure(name: string): StructureShape {
    const shape = this.shape(name);
    if (shape.type !== 'structure') throw new Error(`${name} of the model ${this.id} is no structure.`);
    return shape;
  }

  /** The shape of an error, found by its name (`NoSuchEntityException`) or by its code on the wire (`NoSuchEntity`). */
  error(code: string): { readonly name: string; readonly shape: StructureShape } | undefined {
    return this.errors.get(code);
  }

  /** A constraint's pattern, which has to match the whole of a value. */
  pattern(source: string): RegExp {
    let pattern = this.patterns.get(source);
    if (!pattern) this.patterns.set(source, (pattern = new RegExp(`^(?:${javaScript(source)})$`, 'u')));
    return pattern;
  }
}

const posixClasses: Readonly<Record<string, string>> = {
  Alnum: 'a-zA-Z0-9',
  Print: '\\x20-\\x7E',
  Graph: '\\x21-\\x7E',
};

/** The models' patterns are Java's: POSIX classes are ASCII, \A and \z are the value's ends. */
function javaScript(pattern: string): string {
  return pattern
    .replace(/\[((?:[^\]\\]|\\.)*)\]|\\p\{(\w+)\}/g, (whole: string, set?: string, name?: string) => {
      if (set !== undefined)
        return `[${set.replace(/\\p\{(\w+)\}/g, (same, inner: string) => posixClasses[inner] ?? same)}]`;
      const ascii = posixClasses[name ?? ''];
      return ascii ? `[${ascii}]` : whole;
    })
    .replace(/^\\A/, '')
    .replace(/\\z$/, '');
}

/** Who can be asked. */
export type Target = EndpointTarget | FunctionTarget | ScriptTarget;

export interface EndpointTarget {
  readonly kind: 'endpoint';
  readonly name: string;
  /** One of its variants; undefined: as their weights have it. */
  readonly variant?: string;
}

export interface FunctionTarget {
  readonly kind: 'function';
  readonly name: string;
  /** Alias or version; undefined: `$LATEST`. */
  readonly qualifier?: string;
}

/** A script of this machine, run here and without any cloud: an inference script with its model, or a Lambda handler. */
export interface ScriptTarget {
  readonly kind: 'script';
  /** The Python file, absolute. Modules beside it can be imported, as in its container. */
  readonly file: string;
  /** The function of a Lambda handler (`lambda_handler`); undefined: an inference script. */
  readonly handler?: string;
  /** Of an inference script; undefined: an empty folder. */
  readonly model?: ModelSource;
  /** Variables that its endpoint or function would have. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Of a Lambda handler, in seconds: what its entry says. */
  readonly timeout?: number;
}

export type ModelSource =
  /** Unpacked already; absolute. */
  | { readonly folder: string }
  /** `s3://…/model.tar.gz`: downloaded once, and unpacked. */
  | { readonly archive: string };

/** What is sent. The event of a function is its body. */
export interface Question {
  readonly body: Uint8Array;
  /** Empty: as the bytes say. Not for functions, which take JSON alone. */
  readonly contentType: string;
  readonly accept: string;
}

/** As people name it: `breeds`, `predict:live`, `inference.py`. */
export function targetName(target: Target): string {
  switch (target.kind) {
    case 'endpoint':
      return target.variant === undefined ? target.name : `${target.name}, ${target.variant}`;
    case 'function':
      return target.qualifier === undefined ? target.name : `${target.name}:${target.qualifier}`;
    case 'script': {
      const file = target.file.split(/[/\\]/).at(-1) ?? target.file;
      return target.handler === undefined ? file : `${file} ${target.handler}`;
    }
  }
}

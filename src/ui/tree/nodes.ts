import type * as vscode from 'vscode';
import { isAccessDenied } from '../../aws/errors.js';
import type { EndpointVariant } from '../../aws/gateways/endpoints.js';
import { commands } from '../../contributions.js';
import { messageOf } from '../../core/errors.js';
import type { Kind, Resource } from '../../inventory/resource.js';
import type { EntryTarget, HostTarget, QualifiedTarget, ResourceTarget } from '../commands/targets.js';
import type { Section } from '../projectFile/projectFiles.js';

/** A node's id is the path of names from the root: the same thing may hang in two places, an id may not. */
export type Node =
  CategoryNode | ResourceNode | VariantNode | HostNode | VersionsNode | QualifierNode | TextNode | MoreNode;

export class CategoryNode {
  readonly type = 'category';
  readonly id: string;
  constructor(
    readonly kind: Kind,
    readonly label: string,
  ) {
    this.id = kind;
  }
}

/** A resource; below a tuning job's, one of its trials, which may hang below Training jobs as well. */
export class ResourceNode implements ResourceTarget {
  readonly type = 'resource';
  readonly id: string;
  constructor(
    readonly parent: ListNode,
    readonly value: Resource,
  ) {
    this.id = `${parent.id}/${value.arn}`;
  }
  get resource(): ResourceTarget['resource'] {
    return { kind: this.value.kind, name: this.value.name, arn: this.value.arn };
  }
}

export class VariantNode {
  readonly type = 'variant';
  readonly id: string;
  constructor(
    readonly parent: ResourceNode,
    readonly variant: EndpointVariant,
  ) {
    this.id = `${parent.id}/${variant.name}`;
  }
}

/** One machine of a training job that runs on several. */
export class HostNode implements HostTarget {
  readonly type = 'host';
  readonly id: string;
  constructor(
    readonly parent: ResourceNode,
    readonly host: string,
  ) {
    this.id = `${parent.id}/${host}`;
  }
  get resource(): HostTarget['resource'] {
    const { name, arn } = this.parent.value;
    return { kind: 'training-job', name, arn };
  }
}

/** The versions of a function, together: there may be hundreds. */
export class VersionsNode {
  readonly type = 'versions';
  readonly id: string;
  constructor(readonly parent: ResourceNode) {
    this.id = `${parent.id}/versions`;
  }
}

/** An alias of a function, or one of its versions. */
export class QualifierNode implements QualifiedTarget {
  readonly type = 'qualifier';
  readonly id: string;
  readonly resource: QualifiedTarget['resource'];
  constructor(
    readonly parent: ResourceNode | VersionsNode,
    { name, arn }: Pick<Resource, 'name' | 'arn'>,
    readonly qualifier: string,
  ) {
    this.resource = { kind: 'function', name, arn: `${arn}:${qualifier}` };
    this.id = `${parent.id}/${this.resource.arn}`;
  }
}

/** A row that says something: an error, nothing there, what to do. */
export class TextNode {
  readonly type = 'text';
  constructor(
    readonly id: string,
    readonly parent: ListNode | undefined,
    readonly text: string,
    readonly icon: string,
    readonly tooltip?: string,
    readonly command?: vscode.Command,
  ) {}
}

export class MoreNode {
  readonly type = 'more';
  readonly id: string;
  constructor(readonly parent: ListNode) {
    this.id = `${parent.id}/more`;
  }
}

/** A category, or a tuning job with its trials. */
export type ListNode = CategoryNode | ResourceNode;

export function isList(node: Node): node is ListNode {
  return node.type === 'category' || (node.type === 'resource' && node.value.kind === 'tuning-job');
}

export function isFunction(node: Node): boolean {
  return node.type === 'resource' && node.value.kind === 'function';
}

/** Why there is no connection, and what to do. */
export function failureNodes(error: unknown, retry: string): TextNode[] {
  const message = messageOf(error);
  return [
    new TextNode('failed', undefined, message, 'error', message),
    new TextNode('retry', undefined, retry, 'debug-restart', undefined, {
      title: retry,
      command: commands.retryConnection,
    }),
    new TextNode('switch', undefined, 'Switch connection…', 'plug', undefined, {
      title: '',
      command: commands.switchConnection,
    }),
  ];
}

/** Why a list cannot be read; a click tries again. */
export function errorNode(parent: ListNode, error: unknown): TextNode {
  const message = messageOf(error);
  const icon = isAccessDenied(error) ? 'lock' : 'warning';
  const again = { title: 'Refresh', command: commands.refresh };
  return new TextNode(`${parent.id}/error`, parent, message, icon, `${message}\n\nClick to try again.`, again);
}

/** Nodes of the view Project. */
export type ProjectNode = FolderNode | SectionNode | EntryNode | TextNode;

export class FolderNode {
  readonly type = 'folder';
  readonly id: string;
  constructor(
    readonly name: string,
    readonly file: string,
  ) {
    this.id = file;
  }
}

export class SectionNode {
  readonly type = 'section';
  readonly id: string;
  constructor(
    readonly file: string,
    readonly section: Section,
  ) {
    this.id = `${file}/${section}`;
  }
}

export class EntryNode implements EntryTarget {
  readonly type = 'entry';
  readonly id: string;
  constructor(readonly entry: EntryTarget['entry']) {
    this.id = `${entry.file}/${entry.section}/${entry.name}`;
  }
}

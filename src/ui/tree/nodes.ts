import * as vscode from 'vscode';
import type { EndpointVariant } from '../../aws/gateways/endpoints.js';
import type { Kind, Resource } from '../../inventory/resource.js';
import type { EntryTarget, ResourceTarget } from '../commands/targets.js';
import type { Section } from '../projectFile/projectFiles.js';
import type { Row } from './rows.js';

/** A node's id is the path of names from the root: the same thing may hang in two places, an id may not. */
export type Node = CategoryNode | ResourceNode | VariantNode | TextNode | MoreNode;

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

export class ResourceNode implements ResourceTarget {
  readonly type = 'resource';
  readonly id: string;
  constructor(
    readonly parent: CategoryNode,
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

/** A row that says something: an error, nothing there, what to do. */
export class TextNode {
  readonly type = 'text';
  constructor(
    readonly id: string,
    readonly parent: CategoryNode | undefined,
    readonly text: string,
    readonly icon: string,
    readonly tooltip?: string,
    readonly command?: vscode.Command,
  ) {}
}

export class MoreNode {
  readonly type = 'more';
  readonly id: string;
  constructor(readonly parent: CategoryNode) {
    this.id = `${parent.id}/more`;
  }
}

const colors: Readonly<Record<Row['color'], string | undefined>> = {
  running: 'charts.blue',
  passed: 'testing.iconPassed',
  failed: 'testing.iconFailed',
  none: undefined,
};

/** A row as VS Code shows it. */
export function item(id: string, label: string, { description, icon, color, capabilities }: Row): vscode.TreeItem {
  const made = new vscode.TreeItem(label);
  made.id = id;
  made.description = description;
  const themed = colors[color];
  made.iconPath = new vscode.ThemeIcon(icon, themed === undefined ? undefined : new vscode.ThemeColor(themed));
  made.contextValue = ['node', ...capabilities].join('.');
  // The state is an icon and a text; a screen reader gets both as words.
  made.accessibilityInformation = { label: `${label}, ${description}` };
  return made;
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

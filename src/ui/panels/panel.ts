import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { Emitter } from '../../core/event.js';

/** One kind of panel: its front end is the bundle `dist/media/<bundle>.js` with `<bundle>.css`. */
export interface PanelKind<From extends { readonly type: string }> {
  readonly viewType: string;
  readonly bundle: string;
  /** What the page may say. A page is not trusted: anything else is logged and dropped. */
  readonly fromPage: v.GenericSchema<unknown, From>;
}

/** Every page says these beside its own messages (media/page.ts). */
const Always = v.variant('type', [
  /** Its listener is there: what it is to show can be posted. Said again after the panel was hidden. */
  v.object({ type: v.literal('ready') }),
  /** Something was refused by the content security policy: a mistake of ours. */
  v.object({ type: v.literal('violation'), directive: v.string(), blocked: v.string() }),
  v.object({ type: v.literal('fault'), message: v.string() }),
]);

/**
 * A webview panel with a strict policy and typed messages both ways. The page may vanish and come back at any time, when
 * the panel is hidden: `onReady` is the moment to post everything that it is to show.
 */
export class Panel<From extends { readonly type: string }, To> implements vscode.Disposable {
  private readonly received = new Emitter<From>();
  readonly onMessage = this.received.event;
  private readonly becameReady = new Emitter<void>();
  readonly onReady = this.becameReady.event;
  readonly onDidDispose: vscode.Event<void>;

  /** @param view as `createWebviewPanel` makes it, or as VS Code gives it back after a reload */
  constructor(
    private readonly view: vscode.WebviewPanel,
    extension: vscode.Uri,
    private readonly kind: PanelKind<From>,
    private readonly log: vscode.LogOutputChannel,
    /** Folders beside our own whose files the page may show. */
    resources: readonly vscode.Uri[] = [],
  ) {
    this.onDidDispose = view.onDidDispose;
    const dist = vscode.Uri.joinPath(extension, 'dist', 'media');
    view.webview.options = { enableScripts: true, localResourceRoots: [dist, ...resources] };
    // Before the page is there: nothing that it says is lost.
    view.webview.onDidReceiveMessage((message: unknown) => this.receive(message));
    view.webview.html = html(view.webview, dist, kind.bundle, view.title);
    view.onDidDispose(() => {
      this.received.dispose();
      this.becameReady.dispose();
    });
  }

  get title(): string {
    return this.view.title;
  }

  set title(title: string) {
    this.view.title = title;
  }

  reveal(): void {
    this.view.reveal();
  }

  post(message: To): void {
    // A hidden page gets nothing: it asks for all of it when it comes back.
    void this.view.webview.postMessage(message).then(undefined, (error: unknown) => this.log.error(String(error)));
  }

  dispose(): void {
    this.view.dispose();
  }

  private receive(message: unknown): void {
    const always = v.safeParse(Always, message);
    if (always.success) {
      const said = always.output;
      if (said.type === 'ready') this.becameReady.fire();
      else if (said.type === 'fault') this.log.error(`${this.kind.bundle} panel: ${said.message}`);
      else this.log.error(`${this.kind.bundle} panel: ${said.directive} refused ${said.blocked}`);
      return;
    }
    const own = v.safeParse(this.kind.fromPage, message);
    if (own.success) this.received.fire(own.output);
    else this.log.error(`${this.kind.bundle} panel said what it may not: ${v.summarize(own.issues)}`);
  }
}

function html(webview: vscode.Webview, dist: vscode.Uri, bundle: string, title: string): string {
  const nonce = randomBytes(16).toString('base64');
  const uri = (file: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, file)).toString();
  const { cspSource } = webview;
  // No inline style, no remote picture: what a page shows comes with the extension, or through it as data.
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    `img-src ${cspSource} data: blob:`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)}</title>
<link rel="stylesheet" href="${uri('codicon.css')}" id="vscode-codicon-stylesheet">
<link rel="stylesheet" href="${uri(`${bundle}.css`)}">
</head>
<body>
<main id="root"></main>
<script nonce="${nonce}" src="${uri(`${bundle}.js`)}"></script>
</body>
</html>`;
}

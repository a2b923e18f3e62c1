/** The page's side of a panel (src/ui/panels/panel.ts). */
interface VSCode {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VSCode;

/** What the page may say, what it hears, and what it keeps while it is hidden or the window is reloaded. */
export class Page<From extends { readonly type: string }, To, State> {
  private readonly vscode = acquireVsCodeApi();

  /** @param show draws what the extension says; the first thing arrives after this call */
  constructor(show: (message: To) => void) {
    addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      this.vscode.postMessage({ type: 'violation', directive: effectiveDirective, blocked: blockedURI }),
    );
    const fault = (message: unknown) => this.vscode.postMessage({ type: 'fault', message: String(message) });
    addEventListener('error', ({ message }) => fault(message));
    addEventListener('unhandledrejection', ({ reason }) => fault(reason));
    addEventListener('message', ({ data }: MessageEvent<To>) => show(data));
    this.vscode.postMessage({ type: 'ready' });
  }

  say(message: From): void {
    this.vscode.postMessage(message);
  }

  get state(): State | undefined {
    return this.vscode.getState() as State | undefined;
  }

  set state(state: State) {
    this.vscode.setState(state);
  }
}

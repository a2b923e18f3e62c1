/** A file, or where one is. */
type Brought = File | { readonly url: string };

/** Takes what is dropped on the page, or pasted into it. */
export function onBrought(take: (brought: Brought) => void): void {
  const bring = (data: DataTransfer) => {
    const found = brought(data);
    if (found) take(found);
  };
  // VS Code listens on this window too, and hands a drag of files to the workbench: on `dragover` also when the page has
  // prevented it (webview/browser/pre/index.html). So the event is taken on its way down, before anybody else.
  const over = (event: DragEvent) => {
    event.preventDefault();
    event.stopPropagation();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
    document.body.classList.add('over');
  };
  addEventListener('dragenter', over, { capture: true });
  addEventListener('dragover', over, { capture: true });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) document.body.classList.remove('over');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    document.body.classList.remove('over');
    if (event.dataTransfer) bring(event.dataTransfer);
  });
  addEventListener('paste', ({ clipboardData, target }) => {
    const writes = target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
    if (clipboardData && (!writes || clipboardData.files.length > 0)) bring(clipboardData);
  });
}

function brought(data: DataTransfer): Brought | undefined {
  const [file] = data.files;
  // A picture that is dragged out of a browser comes as a file, too; a text that is copied does not.
  if (file) return file;
  // VS Code's Explorer, then browsers and file managers.
  const list = ['application/vnd.code.uri-list', 'text/uri-list'].map((type) => data.getData(type)).find(Boolean);
  const uri = list?.split(/\r?\n/).find((line) => line && !line.startsWith('#'));
  if (uri !== undefined) return { url: uri };
  const text = data.getData('text/plain').trim();
  return /^https?:\/\/\S+$/.test(text) ? { url: text } : undefined;
}

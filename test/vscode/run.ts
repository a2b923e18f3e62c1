import path from 'node:path';
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** What VS Code calls in the extension host: runs every suite of this folder and keeps the counts for the test script. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000 });
  mocha.addFile(path.join(__dirname, 'suites.js'));
  let passed = 0;
  let failed = 0;
  await new Promise<void>((resolve) => {
    mocha
      .run(() => resolve())
      .on('pass', (test) => {
        passed++;
        say(`  ok      ${test.fullTitle()} (${test.duration} ms)`);
      })
      .on('fail', (test, error: Error) => {
        failed++;
        say(`  FAILED  ${test.fullTitle()}\n${error.stack ?? error.message}`);
      });
  });
  const report = process.env['WORKBENCH_VSCODE_REPORT'];
  if (!report) throw new Error('WORKBENCH_VSCODE_REPORT names no file.');
  writeFileSync(report, JSON.stringify({ passed, failed }));
  if (failed > 0) throw new Error(`${failed} failed`);
}

/** The mark tells our lines from VS Code's own log, in which they travel (test/host/codeShim.mjs). */
function say(text: string): void {
  console.log(`▏${text}`);
}

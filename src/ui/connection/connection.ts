import { watchFile, unwatchFile } from 'node:fs';
import * as vscode from 'vscode';
import { configFiles } from '../../aws/connection.js';
import type { ConnectionChoice, Connections, ConnectionState } from '../../aws/connections.js';
import { settingsOf } from '../../aws/load.js';
import type { LocalSandbox } from '../../aws/localSandbox.js';
import { commands, settings } from '../../contributions.js';
import { messageOf, UserError } from '../../core/errors.js';
import type { Parts } from '../parts.js';
import { connectionLabel } from './labels.js';
import { showStatus } from './statusItem.js';
import { askConnection } from './switchConnection.js';

/** Status bar, switching, credentials that fail, and the sandbox's own commands. */
export function registerConnection(parts: Parts): vscode.Disposable[] {
  const { connections, sandbox, memento, command } = parts;
  return [
    showStatus(connections),
    tellFailures(connections),
    watchConfigFiles(connections),
    tellSettings(parts),
    command(commands.switchConnection, async () => {
      const choice = await askConnection(connections.choice);
      if (!choice) return;
      await memento.update('connection', choice);
      connections.switchTo(choice);
      await connect(connections);
    }),
    command(commands.retryConnection, async () => {
      connections.reset();
      await connect(connections);
    }),
    command(commands.startSandbox, async () => {
      const choice: ConnectionChoice = { kind: 'sandbox' };
      if (connections.choice.kind !== 'sandbox') {
        await memento.update('connection', choice);
        connections.switchTo(choice);
      }
      await connect(connections);
    }),
    command(commands.stopSandbox, () => stopSandbox(connections, sandbox)),
    command(commands.resetSandbox, () => resetSandbox(connections, sandbox)),
  ];
}

/** Connects with its progress in the status bar. A failure is told by `tellFailures`, once for whoever waited. */
async function connect(connections: Connections): Promise<void> {
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: `Connecting to ${connectionLabel(connections.choice)}` },
    () => connections.cloud().catch(() => undefined),
  );
}

/** One notification for each failure, however many calls ran into it. */
function tellFailures(connections: Connections): vscode.Disposable {
  const tell = async (state: ConnectionState): Promise<void> => {
    // A sandbox that was stopped on purpose is no news.
    if (state.status !== 'failed' || state.error instanceof Stopped) return;
    const remedy = state.error instanceof UserError ? state.error.details.remedy : undefined;
    const again = 'Connect Again';
    const other = 'Switch Connection…';
    const picked = await vscode.window.showWarningMessage(messageOf(state.error), remedy?.label ?? again, other);
    if (picked === other) await vscode.commands.executeCommand(commands.switchConnection);
    // A message stays as long as nobody closes it: by now there may be a connection.
    else if (connections.state !== state) return;
    else if (picked !== undefined && picked === remedy?.label) await remedy.run();
    else if (picked === again) await vscode.commands.executeCommand(commands.retryConnection);
  };
  return connections.onDidChange((state) => void tell(state));
}

/** A sandbox that runs keeps the Python that it was started with; other windows may be using it, so only the person ends it. */
function tellSettings({ sandbox, log }: Pick<Parts, 'sandbox' | 'log'>): vscode.Disposable {
  const changed = async (): Promise<void> => {
    if (!(await sandbox.activity())) return;
    const stop = 'Stop Sandbox…';
    const picked = await vscode.window.showInformationMessage(
      'The sandbox that runs keeps the Python that it was started with. The setting counts from its next start.',
      stop,
    );
    if (picked === stop) await vscode.commands.executeCommand(commands.stopSandbox);
  };
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (![settings.sandboxPython, settings.sandboxTunerPython].some((id) => event.affectsConfiguration(id))) return;
    changed().catch((error: unknown) => log.warn(messageOf(error)));
  });
}

/** Corrected keys and a new sign-in count at once. Looked at while a profile is in use, never before. */
function watchConfigFiles(connections: Connections): vscode.Disposable {
  let watched: string[] = [];
  /** What the profile said when it was connected to. */
  let said: Promise<string> | undefined;
  const changed = async (now: { mtimeMs: number }, before: { mtimeMs: number }): Promise<void> => {
    const { choice } = connections;
    if (now.mtimeMs === before.mtimeMs || choice.kind !== 'profile') return;
    if ((await said) === (await read(choice.profile)) || connections.choice !== choice) return;
    connections.reset();
    connections.cloud().catch(() => undefined);
  };
  const look = (now: { mtimeMs: number }, before: { mtimeMs: number }): void => void changed(now, before);
  const follow = ({ status }: ConnectionState): void => {
    const { choice } = connections;
    if (status === 'connecting') said = choice.kind === 'profile' ? read(choice.profile) : undefined;
    const wanted = choice.kind === 'profile' ? configFiles() : [];
    if (wanted.join() === watched.join()) return;
    watched.forEach((file) => unwatchFile(file, look));
    // By asking: the folder may not exist yet, and editors replace files rather than write them.
    wanted.forEach((file) => watchFile(file, { interval: 2000, persistent: false }, look));
    watched = wanted;
  };
  const listening = connections.onDidChange(follow);
  return new vscode.Disposable(() => {
    listening.dispose();
    watched.forEach((file) => unwatchFile(file, look));
  });
}

/** Of files that cannot be read: why. What is wrong with them is the connection's to say. */
function read(profile: string): Promise<string> {
  return settingsOf(profile).catch((error: unknown) => messageOf(error));
}

class Stopped extends UserError {
  constructor() {
    super('The sandbox is stopped.', {
      remedy: { label: 'Start Sandbox', run: () => vscode.commands.executeCommand(commands.startSandbox) },
    });
  }
}

async function stopSandbox(connections: Connections, sandbox: LocalSandbox): Promise<void> {
  if (
    !(await agreed(
      sandbox,
      'Stop the sandbox?',
      'Stop Sandbox',
      'Data, finished jobs and models stay; endpoints come back at the next start.',
    ))
  )
    return;
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Stopping the sandbox' },
    async () => {
      // First: a poll that finds it gone must not call that a failure.
      if (connections.choice.kind === 'sandbox') connections.fail(new Stopped());
      const wasRunning = await sandbox.stop();
      if (!wasRunning) void vscode.window.showInformationMessage('No sandbox was running.');
    },
  );
}

async function resetSandbox(connections: Connections, sandbox: LocalSandbox): Promise<void> {
  if (
    !(await agreed(
      sandbox,
      'Reset the sandbox?',
      'Forget Everything',
      `Every bucket, job, model and endpoint in ${sandbox.folder} is deleted for good. Nothing on AWS is touched.`,
    ))
  )
    return;
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Resetting the sandbox' },
    async () => {
      if (connections.choice.kind === 'sandbox') connections.fail(new Stopped());
      await sandbox.reset();
      if (connections.choice.kind !== 'sandbox') return;
      connections.reset();
      await connections.cloud();
    },
  );
}

async function agreed(sandbox: LocalSandbox, question: string, button: string, detail: string): Promise<boolean> {
  const activity = await sandbox.activity();
  const running =
    activity && activity.jobs > 0 ? `${activity.jobs} running job${activity.jobs === 1 ? '' : 's'} will fail. ` : '';
  return (
    (await vscode.window.showWarningMessage(question, { modal: true, detail: running + detail }, button)) === button
  );
}

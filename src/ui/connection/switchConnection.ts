import * as vscode from 'vscode';
import type { Profile } from '../../aws/cloud.js';
import { configFiles } from '../../aws/connection.js';
import type { ConnectionChoice } from '../../aws/connections.js';
import { profiles } from '../../aws/load.js';
import { messageOf } from '../../core/errors.js';
import { pickOne } from '../quickPick.js';

interface Choice extends vscode.QuickPickItem {
  readonly choose: () => Promise<ConnectionChoice | undefined>;
}

/** Regions in which SageMaker answers, the busiest first; any other can be typed (aws.amazon.com/about-aws/global-infrastructure). */
const regions = [
  ...[
    'us-east-1',
    'us-west-2',
    'eu-west-1',
    'us-east-2',
    'eu-central-1',
    'ap-northeast-1',
    'ap-southeast-1',
    'ap-southeast-2',
  ],
  ...[
    'ap-south-1',
    'ap-northeast-2',
    'ca-central-1',
    'eu-north-1',
    'eu-south-1',
    'eu-west-2',
    'eu-west-3',
    'me-south-1',
  ],
  ...['sa-east-1', 'us-west-1', 'af-south-1', 'ap-east-1'],
];

/** Asks for the sandbox or a profile, and for its region. Undefined when the person turns away. */
export async function askConnection(current: ConnectionChoice): Promise<ConnectionChoice | undefined> {
  const pick = vscode.window.createQuickPick<Choice>();
  pick.title = 'Switch connection';
  pick.placeholder = 'Which cloud should this window work with?';
  pick.matchOnDescription = true;
  const sandbox: Choice = {
    label: '$(server-process) Sandbox',
    description: `on this machine, without an account${current.kind === 'sandbox' ? ' · current' : ''}`,
    choose: async () => ({ kind: 'sandbox' }),
  };
  const openConfig: Choice = {
    label: '$(go-to-file) Open AWS config file',
    choose: async () => {
      const [file = ''] = configFiles();
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(file));
      return undefined;
    },
  };
  pick.items = [sandbox];
  pick.busy = true;
  void profiles()
    .then(
      (found) =>
        (pick.items = [
          sandbox,
          separator('Profiles'),
          ...found.map((profile) => profileChoice(profile, current)),
          separator(''),
          openConfig,
        ]),
      (error: unknown) =>
        (pick.items = [sandbox, { ...openConfig, detail: `The profiles cannot be read: ${messageOf(error)}` }]),
    )
    .finally(() => (pick.busy = false));
  return (await pickOne(pick))?.choose();
}

function profileChoice({ name, region, kind }: Profile, current: ConnectionChoice): Choice {
  const isCurrent = current.kind === 'profile' && current.profile === name;
  return {
    label: `$(cloud) ${name}`,
    description: [kind, region, isCurrent ? 'current' : undefined].filter((part) => part !== undefined).join(' · '),
    choose: async () => {
      const chosen = await askRegion(name, region);
      return chosen === undefined ? undefined : { kind: 'profile', profile: name, region: chosen };
    },
  };
}

async function askRegion(profile: string, own: string | undefined): Promise<string | undefined> {
  const first = own === undefined ? [] : [{ label: own, description: `of profile ${profile}` }];
  const others = regions.filter((region) => region !== own).map((label) => ({ label, description: '' }));
  const pick = vscode.window.createQuickPick();
  pick.title = `Region for ${profile}`;
  pick.placeholder = 'Choose a region, or type another';
  pick.items = [...first, ...others];
  pick.onDidChangeValue((value) => {
    const typed = /^[a-z]{2}(-[a-z]+)+-\d+$/.test(value) && !pick.items.some(({ label }) => label === value);
    const known = [...first, ...others];
    pick.items = typed ? [{ label: value, description: 'as typed' }, ...known] : known;
  });
  return (await pickOne(pick))?.label;
}

function separator(label: string): Choice {
  return { label, kind: vscode.QuickPickItemKind.Separator, choose: async () => undefined };
}

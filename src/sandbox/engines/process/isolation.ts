import { execFile } from 'node:child_process';
import { type Dirent, existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { shellQuoted as quoted } from '../../../core/shell.js';

/** What a process sees of the machine. All paths are the machine's own unless said otherwise. */
export interface Enclosure {
  /** The folder that its contract promises the process. */
  readonly root: Root;
  /** The folder that is `/tmp` for the process. */
  readonly tmp: string;
  /** A folder for the launcher's own short-lived files; the process does not need it. */
  readonly scratch: string;
  /** A hosts file that is `/etc/hosts` for the process, and its host name. */
  readonly network?: { readonly hostsFile: string; readonly hostName: string };
  /** Folders that the process must see at their own path although `/tmp` or a hidden folder is above them. */
  readonly visible: readonly { readonly folder: string; readonly writable: boolean }[];
  /** Folders that the process has no business in: the sandbox's keys, the person's `~/.aws`. */
  readonly hidden: readonly string[];
  /** Below `root`, with `/`. */
  readonly workingFolder: string;
}

/** `/opt/ml` of a SageMaker container, `/var/task` of a Lambda environment. */
export interface Root {
  readonly path: string;
  /** The folder of this machine that stands for it. */
  readonly folder: string;
  readonly writable: boolean;
}

export interface Launch {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly workingFolder: string;
  /**
   * The process id of the program itself, from what the launcher wrote to descriptor 3; undefined: the launcher becomes
   * the program, so they are one process.
   */
  readonly findMain?: (status: string, alive: () => boolean) => Promise<number | undefined>;
}

/** A way to give a process its own `/opt/ml` or `/var/task`. */
export interface Isolation {
  readonly kind: 'bubblewrap' | 'unshare' | 'environment';
  /** For the log: what is in force. */
  readonly description: string;
  /** Whether a process cannot write to a file without write permission, even when it runs as root. */
  readonly keepsReadOnly: boolean;
  /** The path under which the process finds it: its own, or the folder itself where that cannot be had. */
  rootPath(root: Root): string;
  launch(command: readonly [string, ...string[]], enclosure: Enclosure): Launch;
}

/**
 * The best way that works on this machine, found by trying: bubblewrap (with a process namespace, so that nothing
 * outlives the program; else without), `unshare`, or environment variables alone. Nothing is ever created outside of
 * the data folder: `/opt` (or `/var`) is a new, private one, with the machine's own `/opt/*` in it.
 *
 * @param folder for the trial; exists.
 */
export async function findIsolation(folder: string, candidates = isolations): Promise<Isolation> {
  // Where there is no /opt, a mount point for it would have to be made on the machine itself.
  if (!existsSync('/opt')) return environmentAlone;
  for (const candidate of candidates) {
    if (await works(candidate, folder)) return candidate;
  }
  return environmentAlone;
}

/** No namespace at all: the process learns its folders from SAGEMAKER_BASE_DIR and the SM_* variables. */
export const environmentAlone: Isolation = {
  kind: 'environment',
  description: 'environment variables alone (neither bubblewrap nor unshare works here): there is no /opt/ml',
  keepsReadOnly: !isRoot(),
  rootPath: ({ folder }) => folder,
  launch: ([file, ...rest], enclosure) => ({
    file,
    arguments: rest,
    workingFolder: path.join(enclosure.root.folder, enclosure.workingFolder),
  }),
};

function bubblewrap(processNamespace: boolean): Isolation {
  return {
    kind: 'bubblewrap',
    description: `bubblewrap${processNamespace ? '' : ' without a process namespace'}`,
    keepsReadOnly: true,
    rootPath: ({ path: own }) => own,
    launch: (command, enclosure) => ({
      file: 'bwrap',
      arguments: [
        '--die-with-parent',
        ...(processNamespace ? ['--unshare-pid'] : []),
        // Root could write through read-only files, which may be links to S3's objects.
        ...(isRoot() ? ['--cap-drop', 'CAP_DAC_OVERRIDE'] : []),
        ...['--dev-bind', '/', '/'],
        ...(processNamespace ? ['--proc', '/proc'] : []),
        ...['--tmpfs', path.dirname(enclosure.root.path), ...siblings(enclosure.root)],
        ...[enclosure.root.writable ? '--bind' : '--ro-bind', enclosure.root.folder, enclosure.root.path],
        ...['--bind', enclosure.tmp, '/tmp'],
        ...(enclosure.network
          ? [
              ...['--ro-bind', enclosure.network.hostsFile, '/etc/hosts'],
              ...['--unshare-uts', '--hostname', enclosure.network.hostName],
            ]
          : []),
        ...enclosure.hidden.filter(existsSync).flatMap((folder) => ['--tmpfs', folder]),
        ...covered(enclosure).flatMap(({ folder, writable }) => [writable ? '--bind' : '--ro-bind', folder, folder]),
        ...['--chdir', path.posix.join(enclosure.root.path, enclosure.workingFolder)],
        ...['--json-status-fd', '3', '--', ...command],
      ],
      workingFolder: enclosure.scratch,
      findMain: async (status, alive) => {
        const child = Number(/"child-pid": (\d+)/.exec(status)?.[1]);
        if (!child) return undefined;
        return processNamespace ? firstOfNamespace(child, alive) : child;
      },
    }),
  };
}

/**
 * In a process namespace bubblewrap's child is a reaper, process 1 of the namespace, which passes no signal on. The
 * program is its first child, process 2. It may not have been forked yet, so it is looked for until the launcher ends.
 */
async function firstOfNamespace(reaper: number, alive: () => boolean): Promise<number | undefined> {
  while (alive()) {
    for (const entry of readdirSync('/proc')) {
      if (/^\d+$/.test(entry) && isFirstOf(reaper, entry)) return Number(entry);
    }
    await delay(5);
  }
  return undefined;
}

function isFirstOf(reaper: number, pid: string): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return new RegExp(`^PPid:\\t${reaper}$`, 'm').test(status) && /^NSpid:.*\t2$/m.test(status);
  } catch {
    return false; // It ended while we were looking.
  }
}

/** The machine's own `/opt`, child by child: a bind of the whole would leave no place for `ml`. */
function siblings(root: Root): string[] {
  const parent = path.dirname(root.path);
  return besides(root).flatMap((entry) => {
    const file = path.join(parent, entry.name);
    return entry.isSymbolicLink() ? ['--symlink', readlinkSync(file), file] : ['--dev-bind-try', file, file];
  });
}

function besides(root: Root): Dirent[] {
  const { dir, base } = path.parse(root.path);
  return readdirSync(dir, { withFileTypes: true }).filter(({ name }) => name !== base);
}

/**
 * A mount namespace of util-linux, for machines without bubblewrap. A script arranges the mounts and then becomes the
 * program, so the process id stays the same.
 */
function unshare(): Isolation {
  return {
    kind: 'unshare',
    description: 'a mount namespace (unshare)',
    keepsReadOnly: !isRoot(),
    rootPath: ({ path: own }) => own,
    launch: (command, enclosure) => ({
      file: 'unshare',
      arguments: [
        ...(isRoot() ? ['--mount'] : ['--mount', '--user', '--map-root-user']),
        ...['--propagation', 'private', '--', '/bin/sh', '-euc', mountScript(enclosure), 'sh', ...command],
      ],
      workingFolder: enclosure.scratch,
    }),
  };
}

/**
 * Everything that is needed is bound aside before anything is covered. The script stays in that folder, so it can reach
 * it by relative paths (`-c`: not made absolute) even where `/tmp` or a hidden folder has covered it.
 */
function mountScript(enclosure: Enclosure): string {
  const { root, tmp, scratch, network, hidden, workingFolder } = enclosure;
  const visible = covered(enclosure);
  const parent = path.dirname(root.path);
  const bind = (source: string, target: string) => `mount -c --rbind ${quoted(source)} ${quoted(target)}`;
  return [
    `cd ${quoted(scratch)}; mkdir -p aside; mount -t tmpfs aside aside; cd aside`,
    ...[parent, root.folder, tmp, ...visible.map(({ folder }) => folder)].map(
      (folder, index) => `mkdir ${index}; ${bind(folder, String(index))}`,
    ),
    ...(network ? [bind(network.hostsFile, '/etc/hosts')] : []),
    `mount -t tmpfs root ${parent}; mkdir ${root.path}`,
    ...besides(root).map((entry) => {
      const [aside, own] = [`./0/${entry.name}`, `${parent}/${entry.name}`];
      if (entry.isSymbolicLink()) return `ln -s ${quoted(readlinkSync(own))} ${quoted(own)}`;
      return `${entry.isDirectory() ? 'mkdir' : 'touch'} ${quoted(own)}; ${bind(aside, own)}`;
    }),
    `${bind('./1', root.path)}; ${bind('./2', '/tmp')}`,
    ...(root.writable ? [] : [`mount -o remount,bind,ro ${root.path}`]),
    // Below the new /tmp there is nothing left to hide.
    ...hidden.map((folder) => `[ ! -d ${quoted(folder)} ] || mount -t tmpfs hidden ${quoted(folder)}`),
    ...visible.map(({ folder }, index) => `mkdir -p ${quoted(folder)}; ${bind(`./${index + 3}`, folder)}`),
    `cd ${quoted(path.posix.join(root.path, workingFolder))}`,
    'exec "$@"',
  ].join('\n');
}

/** The visible folders that have to be put back: the others are where they are. */
function covered({ visible, hidden }: Enclosure): Enclosure['visible'] {
  const covers = ['/tmp', ...hidden];
  return visible.filter(({ folder }) => covers.some((cover) => !path.relative(cover, folder).startsWith('..')));
}

/** In order of preference. */
export const isolations: readonly Isolation[] = [bubblewrap(true), bubblewrap(false), unshare()];

async function works(candidate: Isolation, folder: string): Promise<boolean> {
  const trial = await mkdtemp(path.join(folder, 'isolation-'));
  try {
    const [ml, tmp, home] = ['ml', 'tmp', 'home'].map((name) => path.join(trial, name)) as [string, string, string];
    await Promise.all([ml, tmp, home].map((made) => mkdir(made)));
    const hostsFile = path.join(trial, 'hosts');
    await writeFile(hostsFile, '127.0.0.1 localhost algo-1\n');
    const launch = candidate.launch(['/bin/sh', '-c', 'pwd > /opt/ml/seen && ls -d "$0" >> /opt/ml/seen', home], {
      root: { path: '/opt/ml', folder: ml, writable: true },
      ...{ tmp, scratch: trial, workingFolder: '', hidden: [] },
      network: { hostsFile, hostName: 'algo-1' },
      visible: [{ folder: home, writable: true }],
    });
    // Descriptor 3 is where bubblewrap reports; here nobody listens.
    await promisify(execFile)('/bin/sh', ['-c', 'exec 3>/dev/null; exec "$0" "$@"', launch.file, ...launch.arguments], {
      cwd: launch.workingFolder,
      timeout: 5000,
    });
    return (await readFile(path.join(ml, 'seen'), 'utf8')) === `/opt/ml\n${home}\n`;
  } catch {
    return false; // Not installed, or namespaces are not allowed: the next way is tried.
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

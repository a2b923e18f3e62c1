import { expect, test } from 'vitest';
import { rankVariables, torchrunCommand } from '../../../src/container/torchrun.js';

const place = { hosts: ['algo-1', 'algo-2'], ranksPerHost: 4, masterAddress: 'algo-1', masterPort: 7777 };

test('ranks are numbered host by host', () => {
  const ranks = place.hosts.flatMap((host) =>
    [0, 1, 2, 3].map((localRank) => rankVariables({ ...place, host, localRank })),
  );
  expect(ranks.map(({ RANK }) => RANK)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  expect(ranks.map(({ LOCAL_RANK }) => LOCAL_RANK)).toEqual(['0', '1', '2', '3', '0', '1', '2', '3']);
  expect(ranks.map(({ GROUP_RANK }) => GROUP_RANK)).toEqual(['0', '0', '0', '0', '1', '1', '1', '1']);
  expect(ranks[5]).toMatchObject({ WORLD_SIZE: '8', LOCAL_WORLD_SIZE: '4', GROUP_WORLD_SIZE: '2', ROLE_RANK: '5' });
});

test('the command names the meeting place only where there is more than one host, as the toolkit does', () => {
  expect(torchrunCommand({ ...place, host: 'algo-2' }, ['train.py', '--epochs', '2']).join(' ')).toBe(
    'torchrun --nnodes 2 --nproc_per_node 4 --master_addr algo-1 --master_port 7777 --node_rank 1 train.py --epochs 2',
  );
  expect(torchrunCommand({ ...place, hosts: ['algo-1'], host: 'algo-1' }, ['train.py']).join(' ')).toBe(
    'torchrun --nnodes 1 --nproc_per_node 4 train.py',
  );
});

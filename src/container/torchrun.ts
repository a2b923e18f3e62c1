/** Where a rank runs, and where the ranks of a job meet. */
export interface RankPlace {
  /** In the order in which they are numbered. */
  readonly hosts: readonly string[];
  readonly host: string;
  readonly ranksPerHost: number;
  /** From 0 on, on its host. */
  readonly localRank: number;
  readonly masterAddress: string;
  readonly masterPort: number;
}

/**
 * What torchrun tells each of its workers, for ranks that are started without it. Source: pytorch/pytorch,
 * torch/distributed/elastic/agent/server/local_elastic_agent.py _start_workers.
 *
 * With torchrun the agent of the first host keeps the store at which ranks meet (TORCHELASTIC_USE_AGENT_STORE); here
 * there is no agent, so rank 0 keeps it, as rendezvous.py _create_c10d_store has it for False.
 */
export function rankVariables(place: RankPlace): Record<string, string> {
  const { hosts, ranksPerHost, localRank } = place;
  const node = hosts.indexOf(place.host);
  const rank = String(node * ranksPerHost + localRank);
  const world = String(hosts.length * ranksPerHost);
  return {
    LOCAL_RANK: String(localRank),
    RANK: rank,
    GROUP_RANK: String(node),
    ROLE_RANK: rank,
    ROLE_NAME: 'default',
    LOCAL_WORLD_SIZE: String(ranksPerHost),
    WORLD_SIZE: world,
    GROUP_WORLD_SIZE: String(hosts.length),
    ROLE_WORLD_SIZE: world,
    MASTER_ADDR: place.masterAddress,
    MASTER_PORT: String(place.masterPort),
    TORCHELASTIC_RESTART_COUNT: '0',
    TORCHELASTIC_MAX_RESTARTS: '0',
    TORCHELASTIC_RUN_ID: 'none',
    TORCHELASTIC_USE_AGENT_STORE: 'False',
    NCCL_ASYNC_ERROR_HANDLING: '1',
    TORCH_NCCL_ASYNC_ERROR_HANDLING: '1',
  };
}

/**
 * The command with which the toolkit starts a script under torchrun, as its log shows it.
 * Source: aws/sagemaker-training-toolkit 5.1, torch_distributed.py _create_command.
 *
 * @param script its name and arguments.
 */
export function torchrunCommand(place: Omit<RankPlace, 'localRank'>, script: readonly string[]): string[] {
  const { hosts, ranksPerHost } = place;
  const meeting = [
    ...['--master_addr', place.masterAddress, '--master_port', String(place.masterPort)],
    ...['--node_rank', String(hosts.indexOf(place.host))],
  ];
  return [
    ...['torchrun', '--nnodes', String(hosts.length), '--nproc_per_node', String(ranksPerHost)],
    ...(hosts.length > 1 ? meeting : []),
    ...script,
  ];
}

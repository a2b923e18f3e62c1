import type { CreateLogGroupRequest, LogGroup } from '@aws-sdk/client-cloudwatch-logs';
import { ServiceError } from '../../protocol/service.js';
import { arn, type Settings } from '../../settings.js';
import type { Collection, Store } from '../../store/store.js';

interface GroupRecord {
  readonly name: string;
  readonly created: number;
  readonly retentionInDays?: number;
  readonly kmsKeyId?: string;
  readonly logGroupClass: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** PutRetentionPolicy's choices (API reference); the model says only "integer". */
const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** Log groups: small and few, so records of the store. */
export class LogGroups {
  private readonly records: Collection<GroupRecord>;

  constructor(
    store: Store,
    private readonly settings: Settings,
  ) {
    this.records = store.collection<GroupRecord>('log-groups');
  }

  has(name: string): boolean {
    return this.records.get(name) !== undefined;
  }

  /** @throws {ServiceError} ResourceNotFoundException */
  get(name: string): GroupRecord {
    const record = this.records.get(name);
    if (!record) throw new ServiceError('ResourceNotFoundException', 'The specified log group does not exist.');
    return record;
  }

  create({ logGroupName: name = '', kmsKeyId, tags = {}, logGroupClass = 'STANDARD' }: CreateLogGroupRequest): void {
    if (this.has(name)) {
      throw new ServiceError('ResourceAlreadyExistsException', 'The specified log group already exists');
    }
    this.records.put(name, { name, created: Date.now(), logGroupClass, tags, ...(kmsKeyId && { kmsKeyId }) });
  }

  delete(name: string): void {
    this.get(name);
    this.records.delete(name);
  }

  /** In the order of their names, those after `after`. */
  list(matches: (name: string) => boolean, after: string | undefined, limit: number): GroupRecord[] {
    const names = [...this.records.values()].map(({ name }) => name).filter((name) => matches(name));
    const rest = names.sort().filter((name) => after === undefined || name > after);
    return rest.slice(0, limit).map((name) => this.get(name));
  }

  retain(name: string, retentionInDays: number | undefined): void {
    const { retentionInDays: _, ...record } = this.get(name);
    if (retentionInDays !== undefined && !retentions.includes(retentionInDays)) {
      throw new ServiceError(
        'InvalidParameterException',
        `1 validation error detected: Value '${retentionInDays}' at 'retentionInDays' failed to satisfy constraint: ` +
          `Member must satisfy enum value set: [${retentions.join(', ')}]`,
      );
    }
    this.records.put(name, { ...record, ...(retentionInDays !== undefined && { retentionInDays }) });
  }

  tag(name: string, change: (tags: Record<string, string>) => Record<string, string>): void {
    const record = this.get(name);
    const tags = change({ ...record.tags });
    if (Object.keys(tags).length > 50) {
      throw new ServiceError('TooManyTagsException', 'A resource can have no more than 50 tags.');
    }
    this.records.put(name, { ...record, tags });
  }

  /** The group that an ARN names, with or without the `:*` that policies and DescribeLogGroups put behind it. */
  nameOf(resourceArn: string): string {
    const name = /^arn:aws[^:]*:logs:[^:]*:\d{12}:log-group:([^:*]+)(?::\*)?$/.exec(resourceArn)?.[1];
    return this.get(name ?? '').name;
  }

  arnOf(name: string): string {
    return arn(this.settings, 'logs', `log-group:${name}`);
  }

  describe(record: GroupRecord, storedBytes: number): LogGroup {
    return {
      logGroupName: record.name,
      creationTime: record.created,
      ...(record.retentionInDays !== undefined && { retentionInDays: record.retentionInDays }),
      metricFilterCount: 0,
      arn: `${this.arnOf(record.name)}:*`,
      logGroupArn: this.arnOf(record.name),
      storedBytes,
      logGroupClass: record.logGroupClass as NonNullable<LogGroup['logGroupClass']>,
      ...(record.kmsKeyId && { kmsKeyId: record.kmsKeyId }),
    };
  }
}

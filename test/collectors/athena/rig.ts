import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AthenaClient, GetQueryExecutionCommand, StartQueryExecutionCommand } from '@aws-sdk/client-athena'
import type { World } from '../../../src/base/index.ts'
import { type AwsEmulator, startAwsEmulator } from '../../../src/cli/dev/aws/index.ts'
import { type Collector, type DdlOptions, SOURCE_KINDS, tableDdl } from '../../../src/collectors/index.ts'
import type { ExternalQuery } from '../../../src/traffic/index.ts'

process.env['AWS_ACCESS_KEY_ID'] ??= 'AKIAIOSFODNN7EXAMPLE'
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'emulated'

export interface Rig {
  readonly root: string
  readonly emulator: AwsEmulator
  readonly details: Readonly<Record<string, unknown>>
  readonly open: (
    world: World,
    more?: Readonly<Record<string, unknown>>,
    questions?: readonly ExternalQuery[],
  ) => Collector
}

export const BUCKET = 'logs'
export const PREFIX = 'AWSLogs/123456789012/elasticloadbalancing/ap-northeast-1'

/** An emulated account with one table of logs, made with the statement that `nines athena ddl` prints. */
export async function createRig(
  options: Partial<Parameters<typeof startAwsEmulator>[0]> & { readonly ddl?: Partial<DdlOptions> } = {},
): Promise<Rig> {
  const { ddl, ...own } = options
  const root = own.root ?? mkdtempSync(join(tmpdir(), 'nines-athena-'))
  const emulator = await startAwsEmulator({ root, ...own })
  const made: DdlOptions = {
    layout: 'alb',
    database: 'nines',
    table: 'alb_logs',
    location: `s3://${BUCKET}/${PREFIX}/`,
    unit: 'day',
    since: '2026/01/01',
    ...ddl,
  }
  await defineTable(emulator, made)
  const details = {
    region: 'ap-northeast-1',
    endpoint: emulator.url,
    database: 'nines',
    table: made.table,
    layout: made.layout,
    partitions: { unit: made.unit },
    output: 's3://results/nines/',
    service: { from: 'upstream_cluster' },
    labels: { cloud_provider: 'aws' },
  }
  return {
    root,
    emulator,
    details,
    open: (world, more = {}, questions = []) => {
      const kind = SOURCE_KINDS.get('Athena')
      if (kind === undefined) throw new Error('nothing reads Athena')
      const opened = kind.open(world, {
        name: 'edge',
        input: '',
        labels: {},
        details: { ...details, ...more },
        base: '/',
        run: 'run',
        questions: () => questions,
      })
      if (opened.kind === 'failed') throw new Error(JSON.stringify(opened.error))
      return opened.value
    },
  }
}

export async function defineTable({ url }: AwsEmulator, ddl: DdlOptions): Promise<void> {
  const client = new AthenaClient({ region: 'ap-northeast-1', endpoint: url })
  const { QueryExecutionId: id } = await client.send(
    new StartQueryExecutionCommand({ QueryString: tableDdl(ddl) }),
  )
  for (let i = 0; i < 200; i++) {
    const { QueryExecution: found } = await client.send(
      new GetQueryExecutionCommand({ QueryExecutionId: id }),
    )
    if (found?.Status?.State === 'SUCCEEDED') return client.destroy()
    if (found?.Status?.State === 'FAILED') throw new Error(found.Status.StateChangeReason)
    await new Promise((resolve) => void setTimeout(resolve, 10))
  }
  throw new Error('the table was not made')
}

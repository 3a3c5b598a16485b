import { failed, ok, type Result } from '../../base/index.ts'
import { isField } from '../log/record.ts'
import { type OptionProblem, OptionReader } from '../option-reader.ts'
import { PULL_OPTIONS, type PullOptions, pullOptions } from '../pull/index.ts'
import { REQUEST_KEYS, type RequestOptions, requestOptionsOf } from '../request/options.ts'
import { LAYOUTS, type Layout, type LayoutName, layoutOf } from './layout.ts'
import type { Partitions, PartitionUnit } from './partitions.ts'

/** Where and as whom Athena is asked. Credentials come from the AWS chain of the process, or by a role. */
export interface AthenaPlace {
  readonly region: string
  /** For people and for the shared quota; empty: the account of the credentials. */
  readonly account: string
  readonly endpoint: string | undefined
  readonly role: { readonly arn: string; readonly externalId: string | undefined } | undefined
  readonly workgroup: string
  readonly catalog: string
  readonly database: string
  /** Absent: the workgroup says where results are kept. */
  readonly output: string | undefined
}

export interface AthenaTable {
  readonly name: string
  readonly layout: Layout
  readonly partitions: Partitions | undefined
  readonly where: string | undefined
}

export interface AthenaOptions {
  readonly place: AthenaPlace
  /** Whose requests are this source's traffic; none for a source that only answers queries of SLOs. */
  readonly table: AthenaTable | undefined
  readonly requests: RequestOptions
  readonly pull: PullOptions
  /** How late objects come: read again for the last time after so long, and hourly within the shorter one. Seconds. */
  readonly settleSeconds: number
  readonly hourlySeconds: number
  /** Queries at a time in this account and region, over all sources. */
  readonly quota: number
  /** Bytes in a UTC day after which nothing is asked any more; absent: no bound of ours. */
  readonly maxScanPerDay: number | undefined
  readonly queryTimeoutMs: number
  readonly maxRows: number
  readonly dollarsPerTerabyte: number
}

const TABLE_KEYS = ['table', 'layout', 'columns', 'partitions', 'where']
const PLACE_KEYS = ['region', 'account', 'endpoint', 'role', 'workgroup', 'catalog', 'database', 'output']
const COST_KEYS = ['quota', 'maxScanPerDay', 'queryTimeout', 'maxRows', 'dollarsPerTerabyte']
const KEYS = [
  ...PLACE_KEYS,
  ...TABLE_KEYS,
  ...COST_KEYS,
  'settle',
  'hourly',
  ...PULL_OPTIONS,
  ...REQUEST_KEYS.filter((key) => key !== 'maxSeries'),
]
const SERVICES = ['authority', 'upstream_cluster', 'grpc_service', 'field'] as const
const DAY = 86_400

/** Checks the `connectionDetails` of a DataSource of type `Athena`. */
export function athenaOptions(
  details: Readonly<Record<string, unknown>>,
  name: string,
): Result<AthenaOptions, readonly OptionProblem[]> {
  const reader = new OptionReader(details, KEYS)
  const { options: pull, seconds } = pullOptions(reader, {
    name,
    lagSeconds: 600,
    overlapSeconds: 1_800,
    schedule: '*/5 * * * *',
  })
  const table = details['table'] === undefined ? undefined : tableOf(reader)
  // What only answers queries of SLOs has no requests to name.
  const naming =
    table === undefined
      ? new OptionReader({ ...details, service: 'none' }, KEYS, { place: '', problems: [] })
      : reader
  const requests = requestOptionsOf(naming, SERVICES)
  const options: AthenaOptions = {
    place: placeOf(reader),
    table,
    requests,
    pull,
    settleSeconds: seconds('settle', { fallback: 26 * 3_600, least: 0, most: 31 * DAY }),
    hourlySeconds: seconds('hourly', { fallback: 3 * 3_600, least: 0, most: DAY }),
    quota: reader.whole('quota', { fallback: 5, least: 1, most: 500 }),
    maxScanPerDay: bytesOf(reader, 'maxScanPerDay'),
    queryTimeoutMs: seconds('queryTimeout', { fallback: 600, least: 10, most: 14_400 }) * 1_000,
    maxRows: reader.whole('maxRows', { fallback: 500_000, least: 1_000, most: 5_000_000 }),
    dollarsPerTerabyte: reader.whole('dollarsPerTerabyte', { fallback: 5, least: 0, most: 1_000 }),
  }
  if (table !== undefined) checkLayout(reader, table.name, { layout: table.layout, requests })
  return reader.problems.length > 0 ? failed(reader.problems) : ok(options)
}

function placeOf(reader: OptionReader): AthenaPlace {
  const region = reader.text('region')
  if (region === undefined)
    reader.problem('region', 'region is missing', { remedy: 'write region: ap-northeast-1' })
  const role = reader.section('role', ['arn', 'externalId'])
  const arn = role?.text('arn')
  if (role !== undefined && !/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(arn ?? ''))
    role.problem('arn', `'${arn ?? ''}' is no role`, {
      remedy: 'write role: { arn: "arn:aws:iam::123456789012:role/nines", externalId: … }',
    })
  const output = reader.text('output')
  if (output !== undefined && !/^s3:\/\/[^/]+\//.test(output))
    reader.problem('output', `'${output}' is no place in S3`, { remedy: 'write output: s3://bucket/prefix/' })
  return {
    region: region ?? '',
    account: reader.text('account') ?? /^arn:aws[\w-]*:iam::(\d{12}):/.exec(arn ?? '')?.[1] ?? '',
    endpoint: reader.text('endpoint'),
    role: arn === undefined ? undefined : { arn, externalId: role?.text('externalId') },
    workgroup: reader.text('workgroup') ?? 'primary',
    catalog: reader.text('catalog') ?? 'AwsDataCatalog',
    database: reader.text('database') ?? 'default',
    output,
  }
}

function tableOf(reader: OptionReader): AthenaTable {
  const name = reader.text('table')
  if (name === undefined) reader.problem('table', 'table is missing', { remedy: 'write table: alb_logs' })
  const layout: LayoutName = reader.oneOf('layout', LAYOUTS) ?? 'columns'
  const columns = reader.entries('columns').flatMap(([column, field]) => {
    if (isField(field)) return [[column, field] as const]
    reader.problem(`columns.${column}`, `'${field}' is no field`, {
      remedy: 'write one of the fields in docs/collectors-logs.md, such as end_time, code, path',
    })
    return []
  })
  return {
    name: name ?? '',
    layout: layoutOf(layout, columns),
    partitions: partitionsOf(reader, layout),
    where: reader.text('where'),
  }
}

const UNITS = ['hour', 'day', 'month'] as const
const FORMATS: Readonly<Record<PartitionUnit, string>> = {
  hour: 'yyyy/MM/dd/HH',
  day: 'yyyy/MM/dd',
  month: 'yyyy/MM',
}
/** Where events lie beside the partition of their time: load balancers name theirs by the time of delivery. */
const MARGINS: Readonly<Record<LayoutName, { readonly before: number; readonly after: number }>> = {
  alb: { before: 0, after: 7_200 },
  cloudfront: { before: 0, after: 7_200 },
  'envoy-json': { before: 3_600, after: 0 },
  columns: { before: 3_600, after: 7_200 },
}

function partitionsOf(reader: OptionReader, layout: LayoutName): Partitions | undefined {
  const inner = reader.section('partitions', ['unit', 'column', 'format', 'columns', 'before', 'after'])
  if (inner === undefined) return undefined
  const unit = inner.oneOf('unit', UNITS) ?? 'day'
  const several = inner.entries('columns').map(([name, format]) => ({ name, format }))
  const one = { name: inner.text('column') ?? unit, format: inner.text('format') ?? FORMATS[unit] }
  const margin = (key: 'before' | 'after'): number => {
    const text = inner.text(key)
    const found = /^(\d{1,4})([mhd])$/.exec(text ?? '')
    if (text !== undefined && found === null)
      inner.problem(key, `'${text}' is no duration`, { remedy: `write ${key}: 2h` })
    if (found === null) return MARGINS[layout][key]
    return Number(found[1]) * (found[2] === 'd' ? DAY : found[2] === 'h' ? 3_600 : 60)
  }
  return {
    unit,
    columns: several.length > 0 ? several : [one],
    before: margin('before'),
    after: margin('after'),
  }
}

function checkLayout(
  reader: OptionReader,
  table: string,
  { layout, requests }: { readonly layout: Layout; readonly requests: RequestOptions },
): void {
  if (layout.end_time === undefined && layout.start_time === undefined)
    reader.problem('columns', `${table} has no time`, { remedy: 'write columns: { ended_at: end_time, … }' })
  if (layout.code === undefined && layout.grpc_status === undefined && layout.flags === undefined)
    reader.problem('columns', `${table} does not say how requests ended`, {
      remedy: 'write columns: { status: code, … }',
    })
  const { service } = requests
  if (service.kind !== 'from') return
  const from = {
    authority: 'authority',
    upstream_cluster: 'upstream_cluster',
    grpc_service: 'path',
    field: 'service',
    file: undefined,
  } as const
  const needed = from[service.from]
  if (needed !== undefined && layout[needed] === undefined)
    reader.problem('service', `${table} has no ${needed}`, { remedy: `write columns: { …: ${needed} }` })
}

const SIZES: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 }

function bytesOf(reader: OptionReader, key: string): number | undefined {
  const text = reader.text(key)
  if (text === undefined) return undefined
  const found = /^(\d{1,6})\s*([MGT]B)$/.exec(text)
  if (found !== null) return Number(found[1]) * (SIZES[found[2] ?? ''] ?? 1)
  reader.problem(key, `'${text}' is no amount of data`, { remedy: `write ${key}: 100GB` })
  return undefined
}

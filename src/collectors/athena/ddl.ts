/** What `nines athena ddl` is asked for. */
export interface DdlOptions {
  readonly layout: 'alb' | 'cloudfront' | 'envoy-json'
  readonly database: string
  readonly table: string
  /** Where the objects lie, `s3://bucket/prefix/`; below it a partition a day, or an hour. */
  readonly location: string
  readonly unit: 'day' | 'hour'
  /** The first partition, as in the path: `2026/01/01`. */
  readonly since: string
}

type Column = readonly [name: string, type: string]

const texts = (...names: readonly string[]): readonly Column[] => names.map((name) => [name, 'string'])

/** Each part of a load balancer's line: its columns and the expression that takes them out of it. */
const ALB_PARTS: readonly (readonly [columns: readonly Column[], expression: string])[] = [
  [texts('type'), '([^ ]*)'],
  [texts('time'), '([^ ]*)'],
  [texts('elb'), '([^ ]*)'],
  [
    [
      ['client_ip', 'string'],
      ['client_port', 'int'],
    ],
    '([^ ]*):([0-9]*)',
  ],
  [
    [
      ['target_ip', 'string'],
      ['target_port', 'int'],
    ],
    '([^ ]*)[:-]([0-9]*)',
  ],
  [[['request_processing_time', 'double']], '([-.0-9]*)'],
  [[['target_processing_time', 'double']], '([-.0-9]*)'],
  [[['response_processing_time', 'double']], '([-.0-9]*)'],
  [[['elb_status_code', 'int']], '([-0-9]*)'],
  [texts('target_status_code'), '([-0-9]*)'],
  [[['received_bytes', 'bigint']], '([-0-9]*)'],
  [[['sent_bytes', 'bigint']], '([-0-9]*)'],
  [texts('request_verb', 'request_url', 'request_proto'), '"([^ ]*) ([^ ]*) (- |[^ ]*)"'],
  [texts('user_agent'), '"([^"]*)"'],
  [texts('ssl_cipher'), '([^ ]*)'],
  [texts('ssl_protocol'), '([^ ]*)'],
  [texts('target_group_arn'), '([^ ]*)'],
  [texts('trace_id'), '"([^"]*)"'],
  [texts('domain_name'), '"([^"]*)"'],
  [texts('chosen_cert_arn'), '"([^"]*)"'],
  [texts('matched_rule_priority'), '([-0-9]*)'],
  [texts('request_creation_time'), '([^ ]*)'],
]

/** What load balancers added later, and will, is one column. */
const ALB_COLUMNS: readonly Column[] = [
  ...ALB_PARTS.flatMap(([columns]) => columns),
  ['later_fields', 'string'],
]
const ALB_EXPRESSION = `${ALB_PARTS.map(([, expression]) => expression).join(' ')}(.*)`

const CLOUDFRONT_COLUMNS: readonly Column[] = [
  ['date', 'date'],
  ['time', 'string'],
  ['x_edge_location', 'string'],
  ['sc_bytes', 'bigint'],
  ...texts('c_ip', 'cs_method', 'cs_host', 'cs_uri_stem'),
  ['sc_status', 'int'],
  ...texts(
    'cs_referrer',
    'cs_user_agent',
    'cs_uri_query',
    'cs_cookie',
    'x_edge_result_type',
    'x_edge_request_id',
    'x_host_header',
    'cs_protocol',
  ),
  ['cs_bytes', 'bigint'],
  ['time_taken', 'double'],
  ...texts(
    'x_forwarded_for',
    'ssl_protocol',
    'ssl_cipher',
    'x_edge_response_result_type',
    'cs_protocol_version',
    'fle_status',
  ),
  ['fle_encrypted_fields', 'int'],
  ['c_port', 'int'],
  ['time_to_first_byte', 'double'],
  ...texts('x_edge_detailed_result_type', 'sc_content_type'),
  ['sc_content_len', 'bigint'],
  ['sc_range_start', 'bigint'],
  ['sc_range_end', 'bigint'],
]

const ENVOY_COLUMNS: readonly Column[] = [
  ...texts('start_time', 'method', 'path', 'protocol'),
  ['response_code', 'int'],
  ['response_flags', 'string'],
  ['bytes_rcvd', 'bigint'],
  ['bytes_snt', 'bigint'],
  ['duration', 'bigint'],
  ...texts(
    'x_envoy_upstream_svc_time',
    'x_forwarded_for',
    'useragent',
    'x_request_id',
    'authority',
    'upstream_cluster',
    'route_name',
    'grpc_status',
    'content_type',
    'trace_id',
  ),
]
/** Keys of the lines that are no names of columns. */
const ENVOY_MAPPING: readonly (readonly [column: string, key: string])[] = [
  ['x_envoy_upstream_svc_time', 'x-envoy-upstream-svc-time'],
  ['x_forwarded_for', 'x-forwarded-for'],
  ['x_request_id', 'x-request-id'],
]

/** The statement that makes a table of the logs below a place in S3, whose partitions are computed and never have to be added. */
export function tableDdl(options: DdlOptions): string {
  const { database, table, location, unit, since } = options
  const base = location.replace(/\/*$/, '/')
  const format = unit === 'day' ? 'yyyy/MM/dd' : 'yyyy/MM/dd/HH'
  const { columns, serde, properties } = shapeOf(options.layout)
  const list = columns.map(([name, type]) => `  \`${name}\` ${type}`).join(',\n')
  const settings: readonly (readonly [string, string])[] = [
    ...properties,
    ['projection.enabled', 'true'],
    [`projection.${unit}.type`, 'date'],
    [`projection.${unit}.range`, `${since},NOW`],
    [`projection.${unit}.format`, format],
    [`projection.${unit}.interval`, '1'],
    [`projection.${unit}.interval.unit`, unit === 'day' ? 'DAYS' : 'HOURS'],
    ['storage.location.template', `${base}\${${unit}}`],
  ]
  return [
    `CREATE EXTERNAL TABLE IF NOT EXISTS \`${database}\`.\`${table}\` (`,
    list,
    ')',
    `PARTITIONED BY (\`${unit}\` string)`,
    ...serde,
    `LOCATION '${base}'`,
    'TBLPROPERTIES (',
    settings.map(([key, value]) => `  '${key}' = '${value}'`).join(',\n'),
    ')',
  ].join('\n')
}

interface Shape {
  readonly columns: readonly Column[]
  readonly serde: readonly string[]
  readonly properties: readonly (readonly [string, string])[]
}

function shapeOf(layout: DdlOptions['layout']): Shape {
  switch (layout) {
    case 'alb':
      return {
        columns: ALB_COLUMNS,
        serde: [
          "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'",
          `WITH SERDEPROPERTIES ('serialization.format' = '1', 'input.regex' = '${ALB_EXPRESSION}')`,
        ],
        properties: [],
      }
    case 'cloudfront':
      return {
        columns: CLOUDFRONT_COLUMNS,
        serde: ["ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t'"],
        properties: [['skip.header.line.count', '2']],
      }
    case 'envoy-json': {
      const mapping = ENVOY_MAPPING.map(([column, key]) => `'mapping.${column}' = '${key}'`)
      return {
        columns: ENVOY_COLUMNS,
        serde: [
          "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'",
          `WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true', ${mapping.join(', ')})`,
        ],
        properties: [],
      }
    }
    default:
      return layout satisfies never
  }
}

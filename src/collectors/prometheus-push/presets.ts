/** Well-known metrics, ready as selectors. */
export interface PresetRule {
  readonly kind: 'counter' | 'histogram'
  /** Of the metrics, old and new; no two of them are there at once. */
  readonly names: readonly string[]
  /** A label, and the value that it must have. */
  readonly only?: readonly [string, string]
  /** Of a histogram: microseconds in one of its units. */
  readonly unit?: number
  /** The histogram with the durations of a counter's requests. */
  readonly durations?: { readonly names: readonly string[]; readonly unit: number }
  readonly naming: PresetNaming
}

/** Labels, in the order in which they are looked at. What is absent is not looked for. */
export interface PresetNaming {
  readonly status?: readonly string[]
  readonly grpcStatus?: readonly string[]
  readonly flags?: readonly string[]
  /** `job` unless given. */
  readonly service?: readonly string[]
  readonly operation?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
}

const SECONDS = 1_000_000
const MILLISECONDS = 1_000

/** Names as the projects document them; docs/collectors-openmetrics.md shows this table. */
export const PRESETS: ReadonlyMap<string, readonly PresetRule[]> = new Map<string, readonly PresetRule[]>([
  [
    // OpenCensus's views of gRPC servers: `grpc.io/server/completed_rpcs` and `…/server_latency`, through its exporter.
    'opencensus-grpc',
    [
      {
        kind: 'counter',
        names: ['grpc_io_server_completed_rpcs', 'grpc_io_server_completed_rpcs_total'],
        durations: { names: ['grpc_io_server_server_latency'], unit: MILLISECONDS },
        naming: { grpcStatus: ['grpc_server_status'], operation: ['grpc_server_method'] },
      },
    ],
  ],
  [
    // OpenCensus's views of HTTP servers: `opencensus.io/http/server/response_count_by_status_code` and `…/latency`.
    'opencensus-http',
    [
      {
        kind: 'counter',
        names: [
          'opencensus_io_http_server_response_count_by_status_code',
          'opencensus_io_http_server_response_count_by_status_code_total',
        ],
        durations: { names: ['opencensus_io_http_server_latency'], unit: MILLISECONDS },
        naming: { status: ['http_status', 'http_status_code'], operation: ['http_server_route'] },
      },
    ],
  ],
  [
    // The names of the examples of promhttp, Go's handler.
    'go-http',
    [
      {
        kind: 'counter',
        names: ['http_requests_total', 'promhttp_requests_total'],
        durations: { names: ['http_request_duration_seconds'], unit: SECONDS },
        naming: { status: ['code', 'status_code', 'status'], operation: ['handler|route|path'] },
      },
    ],
  ],
  [
    // The same where there is no counter beside the histogram.
    'go-http-histogram',
    [
      {
        kind: 'histogram',
        names: ['http_request_duration_seconds'],
        unit: SECONDS,
        naming: { status: ['code', 'status_code', 'status'], operation: ['handler|route|path'] },
      },
    ],
  ],
  [
    'grpc-go-prometheus',
    [
      {
        kind: 'counter',
        names: ['grpc_server_handled_total'],
        durations: { names: ['grpc_server_handling_seconds'], unit: SECONDS },
        naming: { grpcStatus: ['grpc_code'], operation: ['grpc_service', 'grpc_method'] },
      },
    ],
  ],
  ['spring-boot', [micrometer()]],
  ['micrometer', [micrometer()]],
  // Both ends of a call report it; the one at the destination is counted, unless only the callers have a sidecar.
  ['istio', [istio('destination')]],
  ['istio-source', [istio('source')]],
  ['istio-waypoint', [istio('waypoint')]],
  [
    'envoy',
    [
      {
        kind: 'counter',
        names: ['envoy_cluster_upstream_rq'],
        durations: { names: ['envoy_cluster_upstream_rq_time'], unit: MILLISECONDS },
        naming: { status: ['envoy_response_code'], service: ['envoy_cluster_name'] },
      },
    ],
  ],
  [
    'nginx-ingress',
    [
      {
        kind: 'counter',
        names: ['nginx_ingress_controller_requests'],
        durations: { names: ['nginx_ingress_controller_request_duration_seconds'], unit: SECONDS },
        naming: {
          status: ['status'],
          service: ['exported_service', 'service', 'ingress'],
          operation: ['path'],
          labels: { k8s_namespace_name: 'exported_namespace' },
        },
      },
    ],
  ],
  [
    'traefik',
    [
      {
        kind: 'counter',
        names: ['traefik_service_requests_total'],
        durations: { names: ['traefik_service_request_duration_seconds'], unit: SECONDS },
        naming: { status: ['code'], service: ['exported_service', 'service'] },
      },
    ],
  ],
  [
    'kong',
    [
      {
        kind: 'counter',
        names: ['kong_http_requests_total', 'kong_http_status'],
        durations: { names: ['kong_request_latency_ms'], unit: MILLISECONDS },
        naming: { status: ['code'], service: ['exported_service', 'service'], operation: ['route'] },
      },
    ],
  ],
])

/** Spring Boot's `http.server.requests`: a histogram when it is told to publish one, else a count and a sum. */
function micrometer(): PresetRule {
  return {
    kind: 'histogram',
    names: ['http_server_requests_seconds'],
    unit: SECONDS,
    naming: { status: ['status'], service: ['application', 'job'], operation: ['uri'] },
  }
}

function istio(reporter: string): PresetRule {
  return {
    kind: 'counter',
    names: ['istio_requests_total'],
    only: ['reporter', reporter],
    durations: { names: ['istio_request_duration_milliseconds'], unit: MILLISECONDS },
    naming: {
      status: ['response_code'],
      grpcStatus: ['grpc_response_status'],
      flags: ['response_flags'],
      service: ['destination_canonical_service', 'destination_workload', 'destination_service_name'],
      labels: {
        k8s_namespace_name: 'destination_workload_namespace',
        k8s_cluster_name: 'destination_cluster',
      },
    },
  }
}

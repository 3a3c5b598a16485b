/** Where everything of the rig listens; all on the loopback interface. */
export interface Ports {
  readonly admin: number
  readonly listener: number
  readonly http1: number
  readonly http2: number
  readonly grpc: number
}

/** Milliseconds after which Envoy gives up on an upstream. */
export const UPSTREAM_TIMEOUT_MS = 800
export const CLUSTERS = { http1: 'web', http2: 'web.two|blue', grpc: 'orders.v1' } as const

const TYPE = 'type.googleapis.com'

/** What a test wants beside the ordinary: loggers, clusters to send to, sinks, anything of the top level. */
export interface Additions {
  readonly accessLogs?: readonly unknown[]
  readonly clusters?: readonly unknown[]
  readonly top?: Readonly<Record<string, unknown>>
}

/** A bootstrap with one listener for HTTP/1.1, HTTP/2 and gRPC, a JSON access log, and a cluster for each protocol. */
export function bootstrapOf(ports: Ports, accessLog: string, additions: Additions = {}): unknown {
  return {
    admin: { address: address(ports.admin) },
    stats_flush_on_admin: true,
    static_resources: {
      listeners: [
        {
          name: 'edge',
          address: address(ports.listener),
          filter_chains: [{ filters: [connectionManager(accessLog, additions.accessLogs ?? [])] }],
        },
      ],
      clusters: [
        cluster(CLUSTERS.http1, ports.http1),
        cluster(CLUSTERS.http2, ports.http2, true),
        cluster(CLUSTERS.grpc, ports.grpc, true),
        ...(additions.clusters ?? []),
      ],
    },
    ...additions.top,
  }
}

function connectionManager(accessLog: string, more: readonly unknown[]): unknown {
  const route = (match: Record<string, unknown>, to: string): unknown => ({
    match,
    route: { cluster: to, timeout: `${UPSTREAM_TIMEOUT_MS / 1000}s` },
  })
  return {
    name: 'envoy.filters.network.http_connection_manager',
    typed_config: {
      '@type': `${TYPE}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: 'edge',
      codec_type: 'AUTO',
      drain_timeout: '0.5s',
      access_log: [
        {
          name: 'file',
          typed_config: {
            '@type': `${TYPE}/envoy.extensions.access_loggers.file.v3.FileAccessLog`,
            path: accessLog,
            log_format: { json_format: LOG_FORMAT },
          },
        },
        ...more,
      ],
      route_config: {
        virtual_hosts: [
          {
            name: 'all',
            domains: ['*'],
            routes: [
              route({ prefix: '/', grpc: {} }, CLUSTERS.grpc),
              route({ prefix: '/two/' }, CLUSTERS.http2),
              route({ prefix: '/' }, CLUSTERS.http1),
            ],
          },
        ],
      },
      http_filters: [
        {
          name: 'envoy.filters.http.grpc_stats',
          typed_config: {
            '@type': `${TYPE}/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig`,
            stats_for_all_methods: true,
            enable_upstream_stats: true,
          },
        },
        {
          name: 'envoy.filters.http.router',
          typed_config: { '@type': `${TYPE}/envoy.extensions.filters.http.router.v3.Router` },
        },
      ],
    },
  }
}

/** The keys of an access log line, and Envoy's operators. */
export const LOG_FORMAT = {
  start_time: '%START_TIME%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(:PATH)%',
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  duration: '%DURATION%',
  grpc_status: '%GRPC_STATUS_NUMBER%',
  content_type: '%REQ(CONTENT-TYPE)%',
  useragent: '%REQ(USER-AGENT)%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  log_type: '%ACCESS_LOG_TYPE%',
  generation: '%ENVIRONMENT(RIG_GENERATION)%',
}

/** A cluster of one address on the loopback interface. */
export function cluster(name: string, port: number, http2 = false): unknown {
  const protocol = {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${TYPE}/envoy.extensions.upstreams.http.v3.HttpProtocolOptions`,
      explicit_http_config: { http2_protocol_options: {} },
    },
  }
  return {
    name,
    connect_timeout: '1s',
    type: 'STATIC',
    circuit_breakers: {
      thresholds: [{ max_connections: 10_000, max_pending_requests: 10_000, max_requests: 10_000 }],
    },
    ...(http2 ? { typed_extension_protocol_options: protocol } : {}),
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(port) } }] }],
    },
  }
}

function address(port: number): unknown {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}

const TYPE = 'type.googleapis.com'

export function accessLogService(name: string, clusterName: string): unknown {
  return {
    name: 'envoy.access_loggers.http_grpc',
    typed_config: {
      '@type': `${TYPE}/envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig`,
      common_config: {
        log_name: name,
        transport_api_version: 'V3',
        grpc_service: { envoy_grpc: { cluster_name: clusterName } },
        buffer_size_bytes: 16_384,
        custom_tags: [{ tag: 'tier', literal: { value: 'gold' } }],
      },
      additional_request_headers_to_log: ['content-type'],
      additional_response_headers_to_log: ['grpc-status'],
      additional_response_trailers_to_log: ['grpc-status'],
    },
  }
}

/** What OpenTelemetry's access logger is told to say: values are texts, whatever they are. */
const ATTRIBUTES = {
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  duration: '%DURATION%',
  grpc_status: '%GRPC_STATUS_NUMBER%',
  content_type: '%REQ(CONTENT-TYPE)%',
  path: '%REQ(:PATH)%',
  user_agent: '%REQ(USER-AGENT)%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  access_log_type: '%ACCESS_LOG_TYPE%',
}

export function openTelemetryLogger(name: string, clusterName: string): unknown {
  return {
    name: 'envoy.access_loggers.open_telemetry',
    typed_config: {
      '@type': `${TYPE}/envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig`,
      common_config: {
        log_name: name,
        transport_api_version: 'V3',
        grpc_service: { envoy_grpc: { cluster_name: clusterName } },
      },
      attributes: {
        values: Object.entries(ATTRIBUTES).map(([key, format]) => ({ key, value: { string_value: format } })),
      },
    },
  }
}

export function metricsService(clusterName: string): unknown {
  return {
    name: 'envoy.stat_sinks.metrics_service',
    typed_config: {
      '@type': `${TYPE}/envoy.config.metrics.v3.MetricsServiceConfig`,
      transport_api_version: 'V3',
      grpc_service: { envoy_grpc: { cluster_name: clusterName } },
    },
  }
}

export function openTelemetrySink(clusterName: string): unknown {
  return {
    name: 'envoy.stat_sinks.open_telemetry',
    typed_config: {
      '@type': `${TYPE}/envoy.extensions.stat_sinks.open_telemetry.v3.SinkConfig`,
      grpc_service: { envoy_grpc: { cluster_name: clusterName } },
      report_counters_as_deltas: true,
    },
  }
}

export const NODE = {
  id: 'edge-1',
  cluster: 'edge',
  locality: { region: 'tokyo-1', zone: 'tokyo-1a' },
  metadata: { NAMESPACE: 'shop', WORKLOAD_NAME: 'edge-gateway' },
}

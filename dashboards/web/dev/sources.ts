import type { Meta, Source } from '../../../src/contract/index.ts'

/** What the collectors of the estate say of themselves at `now`. */
export function sourcesAt(now: number): Source[] {
  const minute = Math.floor(now / 60) * 60
  const reading = {
    state: 'reading' as const,
    lastSuccess: now - 4,
    completeThrough: minute - 60,
    rejected: 0,
    overflowed: 0,
    problem: null,
  }
  return [
    {
      ...reading,
      name: 'edge',
      type: 'envoy-access-log',
      labels: { cloud_provider: 'aws', cloud_region: 'ap-northeast-1' },
      events: 184_220_113,
      series: 412,
      targets: [
        { name: '10.2.0.14:19001', detail: '1,204 events a second', ok: true },
        { name: '10.2.0.15:19001', detail: '1,187 events a second', ok: true },
      ],
    },
    {
      ...reading,
      name: 'alb-logs',
      type: 'athena',
      labels: { cloud_provider: 'aws' },
      state: 'waiting',
      lastSuccess: now - 412,
      completeThrough: minute - 14 * 60,
      events: 61_004_882,
      series: 96,
      targets: [
        {
          name: 'alb.access_logs',
          detail: '14 min behind by design: the load balancer writes every 5 min',
          ok: true,
        },
      ],
    },
    {
      ...reading,
      name: 'apm',
      type: 'datadog',
      labels: { cloud_provider: 'gcp' },
      state: 'waiting',
      lastSuccess: now - 38,
      events: 42_118_590,
      rejected: 12,
      series: 203,
      targets: [{ name: 'api.ap1.datadoghq.com', detail: '61 of 100 requests an hour used', ok: true }],
    },
    {
      ...reading,
      name: 'traces',
      type: 'otlp',
      labels: { cloud_provider: 'gcp', cloud_region: 'asia-northeast1' },
      events: 88_310_447,
      overflowed: 3120,
      series: 2048,
      targets: [{ name: 'grpc :4317', detail: '3 senders', ok: true }],
    },
    {
      ...reading,
      name: 'azure-gateway',
      type: 'azure-monitor',
      labels: { cloud_provider: 'azure', cloud_region: 'japaneast' },
      state: 'failing',
      lastSuccess: now - 7 * 60,
      completeThrough: minute - 8 * 60,
      events: 20_004_661,
      series: 51,
      problem: {
        at: now - 95,
        text: 'management.azure.com answered 429 to the query of requests by status',
        remedy:
          'Nothing to do yet: the next attempt is in 2 min. If it stays, raise `interval` of this DataSource to 2m.',
      },
      targets: [{ name: 'agw-japaneast', detail: '429 Too Many Requests', ok: false }],
    },
    {
      ...reading,
      name: 'rack-envoy',
      type: 'envoy-stats',
      labels: { cloud_provider: 'rack', cloud_region: 'tokyo-2' },
      state: 'failing',
      lastSuccess: now - 2 * 86_400,
      completeThrough: minute - 2 * 86_400,
      events: 902_114,
      series: 34,
      problem: {
        at: now - 22,
        text: 'rack-2.example.net:9901 refuses the connection',
        remedy:
          'Check that the Envoy admin port is open to this host, or set `targets` of DataSource rack-envoy.',
      },
      targets: [
        { name: 'rack-1.example.net:9901', detail: 'connection refused', ok: false },
        { name: 'rack-2.example.net:9901', detail: 'connection refused', ok: false },
      ],
    },
    {
      ...reading,
      name: 'probes',
      type: 'probe',
      labels: {},
      events: 1_204_002,
      series: 48,
      targets: [
        { name: 'aws → gcp', detail: 'p99 12 ms', ok: true },
        { name: 'gcp → azure', detail: 'p99 9 ms', ok: true },
      ],
    },
  ]
}

export function metaAt(now: number, startedAt: number, slos: number, demo: boolean): Meta {
  return {
    version: '0.1.0',
    now,
    startedAt,
    demo,
    definitions: {
      slos,
      files: 9,
      commit: '4f1c9be2a7',
      problems:
        slos === 0
          ? []
          : [
              {
                code: 'latency-threshold-digits',
                severity: 'error',
                file: 'slo-definitions/catalogue.yaml',
                line: 41,
                column: 17,
                message: '255ms has three significant digits, and latencies are binned by two',
                remedy: 'Write 250ms or 260ms.',
              },
              {
                code: 'double-count',
                severity: 'warning',
                file: 'slo-definitions/identity.yaml',
                line: 18,
                column: 11,
                message: 'edge and apm both see requests to identity, so one request counts twice',
                remedy: 'Pin one: {source="edge", service_name="identity"}.',
              },
            ],
    },
    slack: { kind: 'emulator', url: 'dev/slack' },
  }
}

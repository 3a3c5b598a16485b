import { seconds } from '../../../src/base/index.ts'
import { createLogSignal, type LogSettings } from '../../../src/collectors/otlp/logs.ts'
import type { Signal } from '../../../src/collectors/otlp/signal.ts'
import { NOON } from './traces-counting.ts'

/** A source of access logs of a proxy in AWS, which names services by authority. */
export function logSignal(options: Partial<LogSettings['options']> = {}): Signal {
  return createLogSignal({
    source: 'edge',
    labels: { cloud_provider: 'aws' },
    now: () => NOON,
    options: {
      service: { kind: 'from', from: 'authority', field: '', map: {}, otherwise: 'unknown', pattern: '' },
      operations: ['/v1/users/{user}'],
      abort: undefined,
      healthChecks: { paths: [], agents: [] },
      outcomes: {},
      late: seconds(86_400),
      ...options,
    },
  })
}

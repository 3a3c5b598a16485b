import { readFileSync } from 'node:fs'
import type { RequestFacts } from '../../../src/traffic/index.ts'

export function tally<T>(all: readonly T[], keyOf: (each: T) => string): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const each of all) sums[keyOf(each)] = (sums[keyOf(each)] ?? 0) + 1
  return Object.fromEntries(Object.entries(sums).sort(([a], [b]) => (a < b ? -1 : 1)))
}

export interface LogLine extends RequestFacts {
  readonly cluster: string
}

export function readLog(file: string): readonly LogLine[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const entry = JSON.parse(line) as Record<string, string | number | null>
      const text = (name: string): string | undefined => entry[name]?.toString()
      return {
        code: Number(entry['response_code']),
        flags: text('response_flags'),
        codeDetails: text('response_code_details'),
        grpcStatus: entry['grpc_status'] ?? undefined,
        contentType: text('content_type'),
        path: text('path'),
        userAgent: text('useragent'),
        logType: text('log_type'),
        duration: Number(entry['duration']) * 1000,
        cluster: text('upstream_cluster') ?? '',
      }
    })
}

import { defineConfig } from 'vitest/config'

// Suites that open sockets, move files about, try thousands of damaged bodies or play through a whole estate: seconds, not
// milliseconds. `npm run check` leaves them to `npm test`.
const DEEP = [
  'test/dev/**',
  'test/collectors/log/{follow,ingest,wild}.test.ts',
  'test/collectors/{athena,cloudwatch,datadog,envoy-push,s3,otlp,prometheus-push,probe,statsd}/**',
  'test/collectors/envoy-stats/collector.test.ts',
  'test/collectors/pull/{http,pull}.test.ts',
  'test/collectors/push/memory.test.ts',
  'test/definitions/{hostile,files,recurrence}.test.ts',
  'test/http/**',
  'test/notify/{faults,mail}.test.ts',
  'test/slack-emulator/**',
  'test/slo/calendar.test.ts',
]
const SLOW = ['test/slow/**', 'test/e2e/**', 'test/faults/**']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...DEEP, ...SLOW],
          pool: 'threads',
          // These suites keep no state between files, and loading every module once takes most of the time.
          isolate: false,
          setupFiles: ['test/property-runs.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'deep',
          include: DEEP.map((glob) => glob.replace(/\*\*$/, '**/*.test.ts')),
          pool: 'forks',
          testTimeout: 60_000,
        },
      },
      // The engine behind the store binds one data directory a process and does not survive worker threads, so every
      // file from here on runs in a process of its own.
      {
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})

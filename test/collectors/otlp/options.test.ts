import { expect, test } from 'vitest'
import { otlpOptions } from '../../../src/collectors/otlp/options.ts'

test('nothing needs to be written', () => {
  const checked = otlpOptions({})
  expect(checked).toMatchObject({
    kind: 'ok',
    value: {
      http: { host: '127.0.0.1', port: 4318 },
      grpc: { host: '127.0.0.1', port: 4317 },
      signals: new Set(['traces']),
      service: { kind: 'from', from: 'field', field: 'service.name', otherwise: 'unknown_service' },
      maxBody: 20 * 1024 * 1024,
      duplicates: { most: 200_000, window: 300 },
      retries: 900,
      silence: 180,
    },
  })
})

test('everything can be', () => {
  const checked = otlpOptions({
    http: '[::1]:14318',
    grpc: 'off',
    signals: ['metrics', 'logs'],
    duplicates: 'off',
    retries: '1h',
    service: 'checkout',
    maxSeries: 5,
  })
  expect(checked).toMatchObject({
    kind: 'ok',
    value: {
      http: { host: '::1', port: 14_318 },
      grpc: undefined,
      signals: new Set(['metrics', 'logs']),
      duplicates: undefined,
      retries: 3_600,
      service: { kind: 'fixed', name: 'checkout' },
    },
  })
})

test('an address that others reach needs a token, or words', () => {
  const open = { http: '0.0.0.0:4318', grpc: 'off' }
  expect(otlpOptions(open)).toMatchObject({
    kind: 'failed',
    error: [{ path: 'http', message: 'whoever reaches 0.0.0.0 could write' }],
  })
  expect(otlpOptions({ ...open, open: true }).kind).toBe('ok')
  expect(otlpOptions({ ...open, tokenFile: '/run/secrets/otlp' }).kind).toBe('ok')
  expect(otlpOptions({ ...open, http: '127.0.0.2:4318' }).kind).toBe('ok')
})

test('all mistakes are told at once, each with what to write', () => {
  const checked = otlpOptions({
    http: 'nowhere',
    signals: ['spans'],
    maxBody: '20 MB',
    duplicates: { most: 0 },
    silence: 'long',
    open: 'yes',
    color: 'red',
  })
  if (checked.kind === 'ok') throw new Error('it was accepted')
  expect(checked.error.map(({ path }) => path).toSorted()).toEqual([
    'color',
    'duplicates.most',
    'http',
    'maxBody',
    'open',
    'signals',
    'silence',
  ])
  for (const { remedy } of checked.error) expect(remedy).toMatch(/^write /)
})

test('a port for both, or none for either, is a mistake', () => {
  for (const details of [
    { http: 'off', grpc: 'off' },
    { http: '127.0.0.1:1', grpc: '127.0.0.1:1' },
  ])
    expect(otlpOptions(details).kind).toBe('failed')
})

import { expect, test } from 'vitest'
import { DATADOG_SITES, datadogOptions } from '../../../src/collectors/datadog/options.ts'

const KEYS = { DD_API_KEY: 'a', DD_APP_KEY: 'b' }
const check = (details: Record<string, unknown>, environment: Record<string, string> = KEYS) =>
  datadogOptions(details, { name: 'dd', base: '/etc/nines', environment })

test('every site has its address, and DD_SITE names it where the DataSource does not', () => {
  for (const site of DATADOG_SITES) {
    expect(check({ site })).toMatchObject({ kind: 'ok', value: { url: `https://api.${site}` } })
    expect(check({}, { ...KEYS, DD_SITE: site })).toMatchObject({ value: { url: `https://api.${site}` } })
  }
})

test('a proxy or an emulator is named by its address', () => {
  expect(check({ url: 'http://127.0.0.1:8126/' })).toMatchObject({ value: { url: 'http://127.0.0.1:8126' } })
})

test('keys are references, and missing ones are told with what to write', () => {
  expect(check({}, {})).toMatchObject({ error: [{ path: 'apiKeyFile' }, { path: 'appKeyFile' }] })
  expect(check({ apiKeyFile: 'a', appKeyEnv: 'SHOP_APP_KEY' }, {}).kind).toBe('ok')
  expect(check({ apiKeyFile: 'a', apiKeyEnv: 'B' })).toMatchObject({ error: [{ path: 'apiKeyEnv' }] })
})

test('a mistyped site or option is told', () => {
  expect(check({ site: 'datadog.eu', lags: '3m' })).toMatchObject({
    error: [{ path: 'lags' }, { path: 'site' }],
  })
})

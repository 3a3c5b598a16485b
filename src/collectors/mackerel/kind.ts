import { failed, ok } from '../../base/index.ts'
import type { SourceKind } from '../kind.ts'
import { OptionReader } from '../option-reader.ts'
import { createPullCollector, PULL_OPTIONS, pullOptions } from '../pull/index.ts'
import { secretOf } from '../secret.ts'
import { createMackerelSource } from './source.ts'

/** Mackerel's service metrics. One organization an input. */
export const mackerel: SourceKind = {
  type: 'Mackerel',
  open: (world, { name, input, labels, details, base, questions }) => {
    const reader = new OptionReader(details, ['url', 'apiKeyFile', 'apiKeyEnv', ...PULL_OPTIONS])
    const pull = pullOptions(reader, {
      name: `${name}/${input}`,
      lagSeconds: 120,
      overlapSeconds: 900,
    }).options
    const url = reader.text('url') ?? 'https://api.mackerelio.com'
    if (!URL.canParse(url)) reader.problem('url', `'${url}' is no address`, { remedy: 'leave url out' })
    const places = { base, environment: process.env }
    const apiKey = secretOf(reader, { name: 'apiKey', variable: 'MACKEREL_APIKEY' }, places)
    if (apiKey === undefined)
      reader.problem('apiKeyFile', 'there is no API key', {
        remedy: 'set MACKEREL_APIKEY, or write apiKeyFile or apiKeyEnv',
      })
    if (reader.problems.length > 0 || apiKey === undefined) return failed(reader.problems)
    const source = createMackerelSource(world, { url: url.replace(/\/+$/, ''), apiKey, pull })
    return ok(
      createPullCollector(world, { ...pull, name, type: 'mackerel', input, labels, source, questions }),
    )
  },
}

import { failed, ok } from '../../base/index.ts'
import { questionSource } from '../../traffic/index.ts'
import type { SourceKind } from '../kind.ts'
import { createPullCollector } from '../pull/index.ts'
import { createAthenaApi } from './api.ts'
import { createGates } from './gate.ts'
import { athenaOptions } from './options.ts'
import { createAthenaSource, isOwn, tableQuestion } from './source.ts'

/** Logs in S3, counted where they lie by Athena. */
export const athena: SourceKind = ((): SourceKind => {
  // One for the process: the quota is the account's, whichever source asks.
  const gateOf = createGates()
  return {
    type: 'Athena',
    open: (world, { name, input, labels, details, questions }) => {
      const checked = athenaOptions(
        Object.keys(labels).length === 0 ? details : { ...details, labels },
        `${name}/${input}`,
      )
      if (checked.kind === 'failed') return failed(checked.error)
      const options = checked.value
      const { place, table, pull, settleSeconds, hourlySeconds } = options
      const gate = gateOf(`${place.account} ${place.region} ${place.endpoint ?? ''}`, options.quota)
      const source = createAthenaSource(world, { name, options, api: createAthenaApi(place), gate })
      const own = table === undefined ? [] : [tableQuestion(name, table.name)]
      return ok(
        createPullCollector(world, {
          ...pull,
          name,
          type: 'athena',
          input,
          labels,
          source,
          questions: () => [...own, ...questions()],
          settleSeconds,
          hourlySeconds,
          paid: true,
          // What is known of its table is what is known of the source.
          coverage: (asked) => (isOwn(asked) ? name : questionSource(asked)),
        }),
      )
    },
  }
})()

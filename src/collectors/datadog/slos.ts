import { failed, ok, type Result, type World } from '../../base/index.ts'
import type { OptionProblem } from '../option-reader.ts'
import { isPlain, type PullFailure } from '../pull/index.ts'
import type { SecretPlaces } from '../secret.ts'
import { createRateBudget } from './budget.ts'
import { callDatadog } from './client.ts'
import { datadogOptions } from './options.ts'

/** An organisation's SLOs and status corrections, as the API tells them. */
export interface DatadogSlos {
  readonly slos: readonly unknown[]
  readonly corrections: readonly unknown[]
  /** Only where an SLO rests on monitors. */
  readonly monitors: readonly unknown[]
}

const PAGE = 1_000
const MOST_PAGES = 100

/** Reads all of them, page by page; problems are those of `details`, which are written as in a DataSource. */
export async function readDatadogSlos(
  world: World,
  details: Readonly<Record<string, unknown>>,
  places: SecretPlaces,
  signal: AbortSignal,
): Promise<Result<DatadogSlos, PullFailure | readonly OptionProblem[]>> {
  const checked = datadogOptions(details, { ...places, name: 'import' })
  if (checked.kind === 'failed') return checked
  const options = { ...checked.value, limits: checked.value.pull.limits, budget: createRateBudget(world) }
  const list = async (
    operation: 'listSLOs' | 'listSLOCorrection' | 'listMonitors',
  ): Promise<Result<readonly unknown[], PullFailure>> => {
    const all: unknown[] = []
    for (let page = 0; page < MOST_PAGES; page++) {
      let text = ''
      const answer = await callDatadog(
        world,
        // The client checks the answer and leaves out what it does not know; what was said is carried over.
        { ...options, heard: (said) => (text = said) },
        {
          operation,
          asked:
            operation === 'listMonitors' ? { page, pageSize: PAGE } : { limit: PAGE, offset: page * PAGE },
        },
        signal,
      )
      if (answer.kind === 'failed') return answer
      const body: unknown = JSON.parse(text)
      const said: unknown = isPlain(body) ? body['data'] : body
      const data: readonly unknown[] = Array.isArray(said) ? said : []
      all.push(...data)
      if (data.length < PAGE) return ok(all)
    }
    return failed({
      kind: 'too-much',
      text: `there are more than ${MOST_PAGES * PAGE} of them`,
      remedy: 'read them in parts',
    })
  }
  const slos = await list('listSLOs')
  if (slos.kind === 'failed') return slos
  const corrections = await list('listSLOCorrection')
  if (corrections.kind === 'failed') return corrections
  const isByMonitor = slos.value.some((slo) => isPlain(slo) && slo['type'] === 'monitor')
  const monitors = isByMonitor ? await list('listMonitors') : ok([])
  if (monitors.kind === 'failed') return monitors
  return ok({ slos: slos.value, corrections: corrections.value, monitors: monitors.value })
}

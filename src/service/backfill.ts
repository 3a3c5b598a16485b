import { randomUUID } from 'node:crypto'
import type { Range, World } from '../base/index.ts'
import type { Collected, Sink } from '../collectors/index.ts'
import type { Definitions } from '../definitions/index.ts'
import { openInputs, questionsOf, sinkOf } from './sources.ts'

export interface BackfillOptions {
  readonly definitions: Pick<Definitions, 'sources' | 'slos'>
  readonly sink: Sink
  /** Where relative paths in DataSources begin. */
  readonly base: string
  readonly range: Range
  /** What was read before is read and replaced too. */
  readonly again: boolean
  /** The DataSources to read; all that can when absent. */
  readonly only: readonly string[] | undefined
  /** Minutes of questions, over all sources. */
  readonly onProgress: (done: {
    readonly wanted: number
    readonly read: number
    readonly what: string
  }) => void
}

export interface BackfilledInput extends Collected {
  readonly source: string
  /** Empty when the source is read as one. */
  readonly input: string
}

const UNASKED = {
  question: 'nothing is asked',
  text: 'no SLO asks this source for counts',
  remedy: 'name another source, or write an SLO that does',
}

/** Reads the past of sources that are asked for counts, one input after the other. */
export async function backfillSources(
  world: World,
  { definitions, sink, base, range, again, only, onProgress }: BackfillOptions,
  signal: AbortSignal,
): Promise<readonly BackfilledInput[]> {
  const asked = questionsOf(definitions.slos)
  const done: BackfilledInput[] = []
  const sum = (key: 'wanted' | 'read'): number => done.reduce((total, each) => total + each[key], 0)
  for (const source of definitions.sources) {
    if (only !== undefined && !only.includes(source.name)) continue
    const questions = asked.get(source.name) ?? []
    const options = { sink, base, run: randomUUID() }
    const { inputs, faults } = openInputs(world, source, { options, questions: () => questions })
    if (faults.length > 0 && (questions.length > 0 || only !== undefined)) {
      const failures = faults.map(({ text, remedy }) => ({ question: source.name, text, remedy }))
      done.push({ source: source.name, input: '', wanted: 0, read: 0, failures })
    }
    for (const { name: input, collector } of inputs) {
      if (collector.collect === undefined || signal.aborted) continue
      const what = input === '' ? source.name : `${source.name}/${input}`
      const before = { wanted: sum('wanted'), read: sum('read') }
      const collected = await collector.collect(
        range,
        {
          sink: sinkOf(world, sink, { source: source.name, input }),
          again,
          onProgress: ({ wanted, read }) =>
            onProgress({ wanted: before.wanted + wanted, read: before.read + read, what }),
        },
        signal,
      )
      // Some sources have a past of their own, whatever SLOs ask.
      if (collected.wanted > 0 || questions.length > 0)
        done.push({ ...collected, source: source.name, input })
    }
    if (only !== undefined && questions.length === 0 && done.every((each) => each.source !== source.name))
      done.push({ source: source.name, input: '', wanted: 0, read: 0, failures: [UNASKED] })
  }
  return done
}

import { failed, type Labels, type Result, type World } from '../base/index.ts'
import {
  type Collector,
  type CollectorStatus,
  type OptionProblem,
  type Sink,
  SOURCE_KINDS,
} from '../collectors/index.ts'
import type * as wire from '../contract/index.ts'
import type { DataSource, Definitions } from '../definitions/index.ts'
import { dataSourceOf, type ExternalQuery } from '../traffic/index.ts'
import { inputSource } from './coverage.ts'

/** The collectors that run, one for each input of each DataSource, kept equal to the definitions. */
export interface Sources {
  /** Starts what is new or changed and stops what is gone; what goes on is asked what is asked now. */
  readonly update: (definitions: Pick<Definitions, 'sources' | 'slos'>) => void
  /** Lets what is and what comes be read. Before it nothing is, so that the ledger can be seen as it was left. */
  readonly begin: () => void
  /** Names of a source's inputs; empty when it is read as one. */
  readonly inputsOf: (source: string) => readonly string[]
  readonly statuses: () => readonly SourceStatus[]
  /** Resolves when every collector has written what it holds. */
  readonly stop: () => Promise<void>
}

export interface SourceStatus {
  readonly source: DataSource
  readonly inputs: readonly CollectorStatus[]
  /** What in the DataSource keeps it from being read. */
  readonly faults: readonly { readonly text: string; readonly remedy: string }[]
}

export interface Input {
  /** Empty: the source is read as one. */
  readonly name: string
  readonly collector: Collector
}

export interface Fault {
  readonly text: string
  readonly remedy: string
}

interface Running {
  readonly source: DataSource
  readonly text: string
  readonly inputs: readonly Input[]
  readonly faults: readonly Fault[]
  readonly stopping: AbortController
  readonly begin: () => void
  /** Resolves when all that began has ended. */
  readonly done: () => Promise<unknown>
}

export interface SourcesOptions {
  readonly sink: Sink
  /** Where relative paths begin. */
  readonly base: string
  /** Names this run of the service; no two runs share it. */
  readonly run: string
}

export function createSources(world: World, options: SourcesOptions): Sources {
  const running = new Map<string, Running>()
  let asked: ReadonlyMap<string, readonly ExternalQuery[]> = new Map()
  const ending = new Set<Promise<unknown>>()
  /** Of a source that was changed, the end of what read it before. */
  const former = new Map<string, Promise<unknown>>()
  let begun = false
  let opened = 0
  const stop = (one: Running): void => {
    one.stopping.abort(new Error('the source is no longer read'))
    running.delete(one.source.name)
    const done = one.done()
    ending.add(done)
    former.set(one.source.name, done)
    void done.finally(() => {
      ending.delete(done)
      if (former.get(one.source.name) === done) former.delete(one.source.name)
    })
  }
  return {
    update: ({ sources, slos }) => {
      asked = questionsOf(slos)
      const wanted = new Map(sources.map((source) => [source.name, source]))
      for (const one of running.values()) {
        const source = wanted.get(one.source.name)
        if (!source || describe(source) !== one.text) stop(one)
      }
      for (const source of sources) {
        if (running.has(source.name)) continue
        const questions = (): readonly ExternalQuery[] => asked.get(source.name) ?? []
        // Counts are whole counts of their run: what reads a source anew is another run.
        const run = `${options.run}/${++opened}`
        const after = former.get(source.name)
        const one = open(world, source, { options: { ...options, run }, questions, after })
        running.set(source.name, one)
        if (begun) one.begin()
      }
    },
    begin: () => {
      begun = true
      for (const one of running.values()) one.begin()
    },
    inputsOf: (source) =>
      (running.get(source)?.inputs ?? []).map((input) => input.name).filter((name) => name !== ''),
    statuses: () =>
      [...running.values()].map(({ source, inputs, faults }) => ({
        source,
        inputs: inputs.map((input) => input.collector.status()),
        faults,
      })),
    stop: async () => {
      for (const one of running.values()) stop(one)
      await Promise.allSettled(ending)
    },
  }
}

/**
 * What is asked of each source in its own language, each question once. Where there is a total there may be no good or no
 * bad events, and many sources then have no series; a silent total is not known to be zero.
 */
export function questionsOf(slos: Definitions['slos']): ReadonlyMap<string, readonly ExternalQuery[]> {
  const found = new Map<string, Map<string, ExternalQuery>>()
  const queries = slos.flatMap((slo) => slo.queries)
  const parts = queries.flatMap(({ numerator: { query } }) =>
    query.kind === 'external' ? [{ ...query, silence: 'zero' } as const] : [],
  )
  for (const query of [...parts, ...queries.map(({ total }) => total)]) {
    if (query.kind !== 'external') continue
    const own = found.get(query.source) ?? new Map<string, ExternalQuery>()
    found.set(query.source, own.set(query.key, query))
  }
  return new Map([...found].map(([source, own]) => [source, [...own.values()]]))
}

const describe = ({ type, labels, connectionDetails }: DataSource): string =>
  JSON.stringify([type, labels, connectionDetails])

/** The collectors of a source's inputs, and what is wrong with those that have none. Nothing is read yet. */
export function openInputs(
  world: World,
  source: DataSource,
  { options, questions }: Pick<Made, 'options' | 'questions'>,
): { readonly inputs: readonly Input[]; readonly faults: readonly Fault[] } {
  const inputs: Input[] = []
  const faults: Fault[] = []
  for (const { name, labels, details } of inputsIn(source)) {
    const made = collectorOf(world, {
      source,
      labels,
      details,
      options,
      questions,
      input: name,
      run: name === '' ? options.run : `${options.run}/${name}`,
    })
    if (made.kind === 'ok') inputs.push({ name, collector: made.value })
    else
      faults.push(
        ...made.error.map((fault) => ({
          ...fault,
          text: name === '' ? fault.text : `${name}: ${fault.text}`,
        })),
      )
  }
  return { inputs, faults }
}

function open(
  world: World,
  source: DataSource,
  { after, ...made }: Pick<Made, 'options' | 'questions'> & { readonly after: Promise<unknown> | undefined },
): Running {
  const { options } = made
  const { inputs, faults } = openInputs(world, source, made)
  const stopping = new AbortController()
  let done: Promise<unknown> = Promise.resolve()
  const begin = (): void => {
    const { signal } = stopping
    const runs = inputs.map(async ({ name, collector }) => {
      // A port is free, and what was counted can be read, once what read the source before has ended.
      await after
      await run(world, {
        collector,
        sink: sinkOf(world, options.sink, { source: source.name, input: name }),
        signal,
      })
    })
    done = Promise.allSettled(runs)
  }
  return { source, text: describe(source), inputs, faults, stopping, begin, done: () => done }
}

/** What in the DataSources keeps them from being read. Nothing is opened, and nothing is read. */
export function sourceFaults(
  world: World,
  sources: readonly DataSource[],
  base: string,
): readonly { readonly source: DataSource; readonly faults: readonly Fault[] }[] {
  const nowhere: Sink = {
    write: () => Promise.reject(new Error('nothing is written while DataSources are checked')),
    checkpoint: () => Promise.resolve(undefined),
  }
  const options = { sink: nowhere, base, run: 'check' }
  return sources.map((source) => ({
    source,
    faults: openInputs(world, source, { options, questions: () => [] }).faults,
  }))
}

/** A source with `inputs` is read by one collector for each; what stands beside them holds for all. */
export function inputsIn({
  connectionDetails,
  labels,
}: DataSource): readonly { name: string; labels: Labels; details: Record<string, unknown> }[] {
  const { inputs, labels: ofAll, ...shared } = connectionDetails
  const common = { ...labels, ...toLabels(ofAll) }
  if (!Array.isArray(inputs)) return [{ name: '', labels: common, details: shared }]
  return inputs.map((input: unknown, i) => {
    const { name, labels: own, ...details } = isRecord(input) ? input : {}
    return {
      name: typeof name === 'string' ? name : String(i + 1),
      labels: { ...common, ...toLabels(own) },
      details: { ...shared, ...details },
    }
  })
}

export interface Made {
  readonly source: DataSource
  readonly labels: Labels
  readonly details: Record<string, unknown>
  readonly options: SourcesOptions
  readonly run: string
  readonly input: string
  readonly questions: () => readonly ExternalQuery[]
}

function collectorOf(
  world: World,
  { source, labels, details, options, run, input, questions }: Made,
): Result<Collector, readonly Fault[]> {
  const kind = SOURCE_KINDS.get(source.type)
  if (kind === undefined)
    return failed([
      {
        text: `Nothing reads sources of type ${source.type}.`,
        remedy: `Write one of ${[...SOURCE_KINDS.keys()].join(', ')} as spec.type.`,
      },
    ])
  const { base } = options
  const opened = kind.open(world, { name: source.name, input, labels, details, base, run, questions })
  return opened.kind === 'failed' ? failed(opened.error.map(toFault)) : opened
}

const toFault = ({ path, message, remedy }: OptionProblem): Fault => ({
  text: `connectionDetails.${path}: ${message}`,
  remedy,
})

function toLabels(value: unknown): Labels {
  if (!isRecord(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
}

/**
 * Where one input writes. Its coverage is kept under its own name, so that one that is read well does not speak for
 * the others.
 */
export function sinkOf(world: World, sink: Sink, { source, input }: { source: string; input: string }): Sink {
  const name = input === '' ? source : inputSource(source, input)
  return {
    checkpoint: sink.checkpoint,
    write: (step, signal) =>
      world.trace.span('collector.write', { source: name, rows: step.traffic.length }, () => {
        if (input === '' || step.coverage === undefined) return sink.write(step, signal)
        const coverage = step.coverage.map((span) =>
          dataSourceOf(span.source) === source ? { ...span, source: inputSource(span.source, input) } : span,
        )
        return sink.write({ ...step, coverage }, signal)
      }),
  }
}

async function run(
  world: World,
  { collector, sink, signal }: { collector: Collector; sink: Sink; signal: AbortSignal },
): Promise<void> {
  try {
    await collector.run(sink, signal)
  } catch (error) {
    // A collector promises not to throw for what the world does, so this is our mistake: told, and the others go on.
    if (!signal.aborted) world.log.error('collector failed', { source: collector.name, err: error })
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A source as people see it: the worst of its inputs, the sum of what they read. */
export function toSource({ source, inputs, faults }: SourceStatus, series: number, now: number): wire.Source {
  const problems = inputs.flatMap((input) => (input.problem ? [input.problem] : []))
  const fault = faults[0]
  const problem = fault ? { at: now, ...fault } : (problems.toSorted((a, b) => b.at - a.at)[0] ?? null)
  const least = (values: readonly (number | undefined)[]): number | null =>
    values.length === 0 || values.some((v) => v === undefined) ? null : Math.min(...values.map((v) => v ?? 0))
  const sum = (pick: (input: CollectorStatus) => number): number =>
    inputs.reduce((n, input) => n + pick(input), 0)
  return {
    name: source.name,
    type: source.type,
    labels: { ...source.labels },
    state: fault ? 'failing' : worstState(inputs),
    lastSuccess: least(inputs.map((input) => input.lastSuccess)),
    completeThrough: least(inputs.map((input) => input.completeThrough)),
    events: sum((input) => input.events),
    rejected: sum((input) => input.rejected),
    overflowed: sum((input) => input.overflowed),
    series,
    problem: problem === null ? null : { at: problem.at, text: problem.text, remedy: problem.remedy },
    targets: inputs.flatMap((input) => input.targets.map((target) => ({ ...target }))),
  }
}

const WORST: readonly wire.Source['state'][] = ['failing', 'starting', 'waiting', 'stopped', 'reading']

function worstState(inputs: readonly CollectorStatus[]): wire.Source['state'] {
  return WORST.find((state) => inputs.some((input) => input.state === state)) ?? 'stopped'
}

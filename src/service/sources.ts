import { resolve } from 'node:path'
import { failed, ok, type Result, type World } from '../base/index.ts'
import {
  type Collector,
  type CollectorStatus,
  createEnvoyStatsCollector,
  createLogCollector,
  envoyStatsOptions,
  logSourceOptions,
  type Sink,
} from '../collectors/index.ts'
import type * as wire from '../contract/index.ts'
import type { DataSource } from '../definitions/index.ts'
import { inputSource } from './coverage.ts'

/** The collectors that run, one for each input of each DataSource, kept equal to the definitions. */
export interface Sources {
  /** Starts what is new or changed and stops what is gone. */
  readonly update: (sources: readonly DataSource[]) => void
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

interface Input {
  /** Empty: the source is read as one. */
  readonly name: string
  readonly collector: Collector
}

interface Fault {
  readonly text: string
  readonly remedy: string
}

interface Running {
  readonly source: DataSource
  readonly text: string
  readonly inputs: readonly Input[]
  readonly faults: readonly Fault[]
  readonly stopping: AbortController
  readonly done: Promise<unknown>
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
  const ending = new Set<Promise<unknown>>()
  const stop = (one: Running): void => {
    one.stopping.abort(new Error('the source is no longer read'))
    running.delete(one.source.name)
    ending.add(one.done)
    void one.done.finally(() => ending.delete(one.done))
  }
  return {
    update: (sources) => {
      const wanted = new Map(sources.map((source) => [source.name, source]))
      for (const one of running.values()) {
        const source = wanted.get(one.source.name)
        if (!source || describe(source) !== one.text) stop(one)
      }
      for (const source of sources) {
        if (!running.has(source.name)) running.set(source.name, start(world, source, options))
      }
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

const describe = ({ type, labels, connectionDetails }: DataSource): string =>
  JSON.stringify([type, labels, connectionDetails])

function start(world: World, source: DataSource, options: SourcesOptions): Running {
  const inputs: Input[] = []
  const faults: Fault[] = []
  for (const { name, details } of inputsIn(source)) {
    const made = collectorOf(world, {
      source,
      details,
      options,
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
  const stopping = new AbortController()
  const done = Promise.allSettled(
    inputs.map(({ name, collector }) =>
      run(world, {
        collector,
        sink: sinkOf(world, options.sink, { source: source.name, input: name }),
        signal: stopping.signal,
      }),
    ),
  )
  return { source, text: describe(source), inputs, faults, stopping, done }
}

/** A source with `inputs` is read by one collector for each; what stands beside them holds for all. */
function inputsIn({
  connectionDetails,
  labels,
}: DataSource): readonly { name: string; details: Record<string, unknown> }[] {
  const { inputs, ...shared } = connectionDetails
  if (!Array.isArray(inputs)) return [{ name: '', details: withLabels(shared, labels) }]
  return inputs.map((input: unknown, i) => {
    const { name, ...own } = isRecord(input) ? input : {}
    return {
      name: typeof name === 'string' ? name : String(i + 1),
      details: withLabels({ ...shared, ...own }, labels),
    }
  })
}

function withLabels(details: Record<string, unknown>, labels: DataSource['labels']): Record<string, unknown> {
  if (Object.keys(labels).length === 0) return details
  return { ...details, labels: { ...labels, ...(isRecord(details['labels']) ? details['labels'] : {}) } }
}

interface Made {
  readonly source: DataSource
  readonly details: Record<string, unknown>
  readonly options: SourcesOptions
  readonly run: string
}

/** The one place that knows which type of DataSource is read by what. */
function collectorOf(
  world: World,
  { source, details, options, run }: Made,
): Result<Collector, readonly Fault[]> {
  switch (source.type) {
    case 'EnvoyAccessLog':
    case 'WebLog': {
      const checked = logSourceOptions(details)
      if (checked.kind === 'failed') return failed(checked.error.map(toFault))
      const files = checked.value.files.map((file) => resolve(options.base, file))
      return ok(createLogCollector(world, { name: source.name, options: { ...checked.value, files } }))
    }
    case 'EnvoyStats': {
      const { labels, ...rest } = details
      const checked = envoyStatsOptions(rest)
      if (checked.kind === 'failed') return failed(checked.error.map(toFault))
      return ok(
        createEnvoyStatsCollector(world, {
          name: source.name,
          labels: toLabels(labels),
          run,
          options: checked.value,
        }),
      )
    }
    default:
      return failed([
        {
          text: `Nothing reads sources of type ${source.type} yet.`,
          remedy: 'Write EnvoyAccessLog, EnvoyStats or WebLog as spec.type.',
        },
      ])
  }
}

const toFault = ({ path, message, remedy }: { path: string; message: string; remedy: string }): Fault => ({
  text: `connectionDetails.${path}: ${message}`,
  remedy,
})

function toLabels(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
}

/**
 * Where one input writes. Its coverage is kept under its own name, so that one that is read well does not speak for
 * the others.
 */
function sinkOf(world: World, sink: Sink, { source, input }: { source: string; input: string }): Sink {
  const name = input === '' ? source : inputSource(source, input)
  return {
    checkpoint: sink.checkpoint,
    write: (step, signal) =>
      world.trace.span('collector.write', { source: name, rows: step.traffic.length }, () => {
        if (input === '' || step.coverage === undefined) return sink.write(step, signal)
        const coverage = step.coverage.map((span) =>
          span.source === source ? { ...span, source: name } : span,
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

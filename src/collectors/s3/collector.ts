import { minuteOf, type Range, type UnixSeconds, unixSeconds, type World } from '../../base/index.ts'
import { formatted } from '../athena/partitions.ts'
import type { Collected, CollectOptions, Collector, CollectorStatus, Sink } from '../collector.ts'
import { whatFailed } from '../log/failure.ts'
import { createSetting, type SourceSetting } from '../log/file-count.ts'
import { coverageState, Tally } from '../log/tally.ts'
import type { S3Api, S3Object } from './api.ts'
import { countObject, doneOf, keyOf } from './object-count.ts'
import type { S3LogOptions } from './options.ts'

/** Reads log objects as they come, each once. See docs/collectors-s3.md. */
export function createS3Collector(
  world: World,
  { name, options, api }: { readonly name: string; readonly options: S3LogOptions; readonly api: S3Api },
): Collector {
  const reader = new ObjectReader(world, { name, options, api })
  return {
    name,
    run: (sink, signal) => reader.run(sink, signal),
    collect: (range, how, signal) => reader.collect(range, how, signal),
    status: () => reader.status(),
  }
}

const HOUR = 3_600
/** Prefixes that are over are listed once an hour: what comes late is seen within it. */
const LATE_LOOK_SECONDS = HOUR

class ObjectReader {
  readonly #world: World
  readonly #setting: SourceSetting
  readonly #options: S3LogOptions
  readonly #api: S3Api
  readonly #tally = new Tally()
  /** Etags of what is counted, by key; and when prefixes that are over were last listed. */
  readonly #counted = new Map<string, string>()
  readonly #listed = new Map<string, number>()
  #state: CollectorStatus['state'] = 'starting'
  #problem: CollectorStatus['problem']
  #lastSuccess: UnixSeconds | undefined
  #covered: UnixSeconds | undefined
  #objects = 0
  #told = { events: 0, rejections: 0 }

  constructor(world: World, { name, options, api }: { name: string; options: S3LogOptions; api: S3Api }) {
    this.#world = world
    this.#setting = createSetting(name, options.log)
    this.#options = options
    this.#api = api
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const { clock } = this.#world
    while (!signal.aborted) {
      await this.#poll(sink, signal)
      await clock.sleep(this.#options.pollSeconds * 1_000, signal).catch(() => undefined)
    }
    this.#state = 'stopped'
  }

  async #poll(sink: Sink, signal: AbortSignal): Promise<void> {
    const now = this.#world.clock.now()
    const { lookbackSeconds, prefix } = this.#options
    try {
      const prefixes = prefixesOf(prefix, {
        from: unixSeconds(now - lookbackSeconds),
        to: unixSeconds(now + 1),
      })
      const current = prefixesOf(prefix, { from: unixSeconds(now - HOUR), to: unixSeconds(now + 1) })
      // The newest first: what is fresh does not wait for what is old.
      for (const each of prefixes.toReversed()) {
        if (!current.includes(each) && now - (this.#listed.get(each) ?? -Infinity) < LATE_LOOK_SECONDS)
          continue
        await this.#readPrefix(each, { sink, again: false }, signal)
        this.#listed.set(each, now)
      }
      if (this.#counted.size === 0)
        throw new Error(`there are no objects below s3://${this.#options.bucket}/${prefixes.at(-1) ?? ''}`)
      this.#lastSuccess = now
      this.#state = 'reading'
      this.#problem = undefined
      await this.#cover(sink, { now, state: this.#coverage() }, signal)
    } catch (error) {
      if (signal.aborted) return
      await this.#fail(sink, { now, error }, signal)
    }
  }

  async #fail(
    sink: Sink,
    { now, error }: { readonly now: UnixSeconds; readonly error: unknown },
    signal: AbortSignal,
  ): Promise<void> {
    const text = whatFailed(error)
    if (this.#problem?.text !== text)
      this.#world.log.warn('objects could not be read', { source: this.#setting.name, text })
    this.#state = text.startsWith('there are no objects') ? 'waiting' : 'failing'
    this.#problem = {
      at: now,
      text,
      remedy: 'check bucket, prefix and region, and that we may list and read: docs/collectors-s3.md',
    }
    try {
      await this.#cover(sink, { now, state: { state: 'missing', reason: text } }, signal)
    } catch (failure) {
      this.#world.log.warn('write failed', { source: this.#setting.name, error: whatFailed(failure) })
    }
  }

  #coverage(): ReturnType<typeof coverageState> {
    const { events, rejections } = this.#tally
    const state = coverageState({
      events: events - this.#told.events,
      rejections: rejections - this.#told.rejections,
    })
    this.#told = { events, rejections }
    return state
  }

  /** Minutes whose objects have had the time to come. What could not be read stays unsaid, and is said when it is. */
  async #cover(
    sink: Sink,
    {
      now,
      state,
    }: {
      readonly now: UnixSeconds
      readonly state:
        | ReturnType<typeof coverageState>
        | { readonly state: 'missing'; readonly reason: string }
    },
    signal: AbortSignal,
  ): Promise<void> {
    const { lagSeconds, lookbackSeconds } = this.#options
    const writer = `s3:${this.#setting.name}`
    const kept = Number((await sink.checkpoint(writer)) ?? 0)
    const from = this.#covered ?? unixSeconds(Math.max(kept, minuteOf(now - lookbackSeconds)))
    const to = minuteOf(now - lagSeconds)
    if (to <= from) return
    const isKnown = state.state !== 'missing'
    await sink.write(
      {
        writer,
        revision: Math.floor(this.#world.clock.nowMs()),
        traffic: [],
        coverage: [{ source: this.#setting.name, from, to, ...state }],
        ...(isKnown ? { checkpoints: [{ key: writer, value: String(to) }] } : {}),
      },
      signal,
    )
    if (isKnown) this.#covered = to
  }

  async #readPrefix(
    prefix: string,
    { sink, again }: { readonly sink: Sink; readonly again: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const objects = await this.#api.list(prefix, signal)
    const fresh = again ? objects : objects.filter(({ key, etag }) => this.#counted.get(key) !== etag)
    const queue = fresh.values()
    const lane = async (): Promise<void> => {
      for (const object of queue) {
        signal.throwIfAborted()
        await this.#readObject(object, { sink, again }, signal)
      }
    }
    // All lanes end before a failure is told, so that nothing is written behind its back.
    const ended = await Promise.allSettled(Array.from({ length: this.#options.concurrency }, lane))
    for (const each of ended) if (each.status === 'rejected') throw each.reason
  }

  async #readObject(
    object: S3Object,
    { sink, again }: { readonly sink: Sink; readonly again: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    const { bucket } = this.#options
    const before = await doneOf(sink, keyOf(this.#setting.name, bucket, object.key))
    if (again || before?.etag !== object.etag) {
      const counting = { setting: this.#setting, api: this.#api, bucket, sink, tally: this.#tally }
      await countObject(counting, { object, before }, signal)
      this.#objects++
    }
    this.#counted.set(object.key, object.etag)
  }

  async collect(
    range: Range,
    { sink, again, onProgress }: CollectOptions,
    signal: AbortSignal,
  ): Promise<Collected> {
    const { lookbackSeconds, prefix } = this.#options
    const prefixes = prefixesOf(prefix, {
      from: range.from,
      to: unixSeconds(Math.min(range.to + lookbackSeconds, this.#world.clock.now())),
    })
    const wanted = (range.to - range.from) / 60
    let read = 0
    const failures: { question: string; text: string; remedy: string }[] = []
    for (const each of prefixes.toReversed()) {
      if (signal.aborted) break
      try {
        await this.#readPrefix(each, { sink, again }, signal)
        read += wanted / prefixes.length
      } catch (error) {
        failures.push({
          question: each,
          text: whatFailed(error),
          remedy: 'the same command goes on where it stopped',
        })
      }
      onProgress?.({ wanted, read: Math.floor(read), failures })
    }
    if (failures.length === 0 && !signal.aborted) {
      const to = unixSeconds(Math.min(range.to, minuteOf(this.#world.clock.now() - this.#options.lagSeconds)))
      const known = { source: this.#setting.name, from: range.from, to, state: 'known' as const, reason: '' }
      if (to > range.from)
        await sink.write(
          {
            writer: `s3:${this.#setting.name}`,
            revision: Math.floor(this.#world.clock.nowMs()),
            traffic: [],
            coverage: [known],
          },
          signal,
        )
      read = wanted
    }
    return { wanted, read: Math.floor(read), failures }
  }

  status(): CollectorStatus {
    return {
      name: this.#setting.name,
      type: 's3-logs',
      state: this.#state,
      lastSuccess: this.#lastSuccess,
      completeThrough: this.#covered,
      events: this.#tally.events,
      rejected: this.#tally.rejections,
      overflowed: this.#tally.overflowed,
      problem: this.#problem,
      targets: [
        {
          name: `s3://${this.#options.bucket}/${this.#options.prefix}`,
          detail: `${this.#objects} objects read`,
          ok: this.#problem === undefined,
        },
      ],
    }
  }
}

/** The prefixes of all dates in a range, oldest first. */
export function prefixesOf(template: string, { from, to }: Range): readonly string[] {
  const step = /\{[^}]*H/.test(template) ? HOUR : 24 * HOUR
  const found = new Set<string>()
  for (let at = Math.floor(from / step) * step; at < to; at += step)
    found.add(template.replaceAll(/\{([yMdH/._-]+)\}/g, (_, format: string) => formatted(format, at)))
  return [...found]
}

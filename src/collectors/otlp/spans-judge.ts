import {
  createJudge,
  grpcStatusOf,
  type Judgement,
  type JudgeOptions,
  type RequestFacts,
} from '../../traffic/index.ts'
import { PLACES } from './attributes.ts'
import type { Text } from './attributes-text.ts'
import type { SpanFacts } from './spans.ts'

/** Statuses that say that the client left, whose judgement needs the duration. */
const LEFT_CODES: ReadonlySet<number> = new Set([0, 460, 499])
const GRPC_CANCELLED = 1
/** The status of a connection that was upgraded, whose duration is no latency. */
const UPGRADED = 101
/** What makes more than the status matter. Paths and agents are put down only when they are suspected. */
const SPECIAL = (1 << PLACES.path) | (1 << PLACES.userAgent) | (1 << PLACES.flags) | (1 << PLACES.synthetic)
const MOST_TEXTS = 64

/**
 * What a span was as a request. A gRPC status is asked before the HTTP status, which is 200 for nearly every gRPC
 * failure; the span's own status only where neither is there. Most spans have a status that decides alone, so its
 * judgement is made once.
 */
export class SpanJudge {
  readonly #judge: (facts: RequestFacts) => Judgement
  readonly #byCode: (Judgement | undefined)[] = []
  readonly #byGrpc: (Judgement | undefined)[] = []
  readonly #byEnd: (Judgement | undefined)[] = []
  /** What statuses that are written as texts mean. */
  readonly #grpcTexts = new Map<string, number>()

  constructor(options: JudgeOptions) {
    this.#judge = createJudge(options)
  }

  /** Whether requests of the path are health checks. */
  readonly isHealthCheck = (path: string): boolean => this.#judge({ path }).reason === 'health-check'

  judge(facts: SpanFacts, { isHealthCheck }: { readonly isHealthCheck: boolean }): Judgement {
    const isGrpc = facts.text(PLACES.rpcSystem)?.text === 'grpc'
    const grpcStatus = this.#grpcStatus(facts.value(PLACES.grpcStatus))
    // A gRPC call whose status is not known is not good because its HTTP status is 200.
    const code = isGrpc && grpcStatus === undefined ? undefined : facts.whole(PLACES.httpStatus)
    if (!isHealthCheck && !facts.holdsAny(SPECIAL)) {
      const plain = this.#plain(facts, grpcStatus, code)
      if (plain !== undefined) return plain
    }
    const isTest = facts.text(PLACES.synthetic)?.text === 'test'
    return this.#judge({
      code,
      grpcStatus,
      failed: facts.failed,
      flags: facts.text(PLACES.flags)?.text,
      path: facts.text(PLACES.path)?.text,
      userAgent: facts.text(PLACES.userAgent)?.text,
      duration: facts.duration,
      probe: isHealthCheck || isTest,
    })
  }

  #grpcStatus(value: Text | number | undefined): number | undefined {
    if (typeof value !== 'object') return value === undefined ? undefined : grpcStatusOf(value)
    const known = this.#grpcTexts.get(value.text)
    if (known !== undefined) return known
    const status = grpcStatusOf(value.text)
    if (status !== undefined && this.#grpcTexts.size < MOST_TEXTS) this.#grpcTexts.set(value.text, status)
    return status
  }

  #plain(facts: SpanFacts, grpcStatus: number | undefined, code: number | undefined): Judgement | undefined {
    if (grpcStatus !== undefined) {
      if (grpcStatus === GRPC_CANCELLED || code === UPGRADED) return undefined
      return (this.#byGrpc[grpcStatus] ??= this.#judge({ grpcStatus }))
    }
    if (code !== undefined) {
      if (LEFT_CODES.has(code) || !(code >= 100 && code < 600 && Number.isInteger(code))) return undefined
      return (this.#byCode[code] ??= this.#judge({ code }))
    }
    const { failed } = facts
    return (this.#byEnd[failed ? 1 : 0] ??= this.#judge({ failed }))
  }
}

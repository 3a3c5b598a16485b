import { type Judgement, judge } from '../../traffic/index.ts'
import type { ProbeTarget } from './options.ts'
import type { Phase, Probed } from './probed.ts'

const REASON_OF_PHASE: Readonly<Record<Phase, string>> = {
  dns: 'probe-dns',
  connect: 'probe-connect',
  tls: 'probe-tls',
  'first-byte': 'probe-cut',
  transfer: 'probe-cut',
}

/** What a probe's answer counts as, and why, in words for people. */
export interface Verdict {
  readonly outcome: 'good' | 'bad'
  readonly reason: string
  readonly text: string
}

/** What is right is what the target says; whatever else went wrong has the reason of its kind. */
export function verdictOf({ answer }: Probed, target: ProbeTarget): Verdict {
  if (answer.kind === 'failed') {
    const reason = answer.timeout ? 'probe-timeout' : REASON_OF_PHASE[answer.during]
    return { outcome: 'bad', reason, text: `${WHILE[answer.during]}: ${answer.text}` }
  }
  if (target.protocol === 'grpc') return grpcVerdict(answer)
  const { status, body } = answer
  const asked = judge({ code: status })
  if (!target.status.some(({ first, last }) => status >= first && status <= last))
    return unexpected(asked, `status ${status}`)
  if (target.contains !== undefined && !target.contains.matcher(body).find())
    return {
      outcome: 'bad',
      reason: 'probe-unexpected',
      text: `status ${status} without what the body should have`,
    }
  const text = `status ${status}`
  return asked.outcome === 'good'
    ? { outcome: 'good', reason: asked.reason, text }
    : { outcome: 'good', reason: 'probe-expected', text }
}

const WHILE: Readonly<Record<Phase, string>> = {
  dns: 'while looking the name up',
  connect: 'while connecting',
  tls: 'while agreeing on TLS',
  'first-byte': 'while waiting for the answer',
  transfer: 'while reading the answer',
}

function grpcVerdict(answer: {
  readonly status: number
  readonly grpcStatus: number | undefined
  readonly body: string
}): Verdict {
  const { status, grpcStatus, body } = answer
  if (grpcStatus === 0) {
    const outcome = body === 'SERVING' ? 'good' : 'bad'
    return { outcome, reason: outcome === 'good' ? 'grpc-ok' : 'probe-unexpected', text: body }
  }
  const asked = judge({ code: status, grpcStatus, contentType: 'application/grpc' })
  return unexpected(
    asked,
    grpcStatus === undefined ? `status ${status} without a gRPC status` : `gRPC status ${grpcStatus}`,
  )
}

/** A server's error keeps its own reason; what would be right for a user is wrong for this probe. */
function unexpected(asked: Judgement, text: string): Verdict {
  return asked.outcome === 'bad'
    ? { outcome: 'bad', reason: asked.reason, text }
    : { outcome: 'bad', reason: 'probe-unexpected', text }
}

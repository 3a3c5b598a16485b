import type { Intake, Refused } from '../push/intake.ts'
import type { Answer } from './answers.ts'
import { fingerprint } from './fingerprint.ts'
import { SIGNALS, type SignalName } from './options.ts'
import type { Encoding, Signal } from './signal.ts'

/** A request, whole and unpacked. */
export interface Request {
  readonly signal: SignalName
  readonly encoding: Encoding
  readonly body: Uint8Array
  /** As they were sent: a retry sends the same bytes, packed or not. */
  readonly sent: Uint8Array
}

/** Where both transports bring their requests. */
export interface Reception {
  /** What is said to so many bytes before they are looked at; undefined when they are. */
  readonly refuses: (bytes: number) => Answer | undefined
  /**
   * Resolves when the request is on disk, or will not be. Its bytes are looked at before this returns and never again:
   * they may be written over then.
   */
  readonly receive: (request: Request) => Promise<Answer>
}

/** A reception that says what it did not count. */
export interface Counted extends Reception {
  /** Requests of signals that this source does not count. */
  readonly passedOver: () => ReadonlyMap<SignalName, number>
}

/**
 * A signal that is not among `signals` is taken and passed over: senders send all three by default, and one that was
 * refused would be an error in their logs for ever.
 */
export function createReception(intake: Intake, signals: ReadonlyMap<SignalName, Signal>): Counted {
  const passedOver = new Map<SignalName, number>()
  return {
    passedOver: () => passedOver,
    refuses: (bytes) => {
      const refused = intake.refuses(bytes)
      return refused === undefined ? undefined : answerOf(refused)
    },
    receive: async ({ signal, encoding, body, sent }) => {
      const reader = signals.get(signal)
      if (reader === undefined) {
        passedOver.set(signal, (passedOver.get(signal) ?? 0) + 1)
        return { kind: 'taken', rejected: 0, message: '' }
      }
      // A plain view, whose slices are copies: a slice of a Buffer would hold all of the body, and change with it.
      const read = reader.read(new Uint8Array(body.buffer, body.byteOffset, body.length), encoding)
      if (read.kind === 'failed') return { kind: 'refused', message: read.error }
      const { rejected, message, count } = read.value
      // The same bytes as another signal are another request.
      const identity = fingerprint(sent, SIGNALS.indexOf(signal))
      // Counted before anything else happens, so that a signal never has two readings in hand.
      const taken = await intake.take({ identity, bytes: body.length, count })
      if (taken.kind === 'counted' || taken.kind === 'repeated') return { kind: 'taken', rejected, message }
      return answerOf(taken)
    },
  }
}

function answerOf(refused: Refused): Answer {
  const { retryAfterMs } = refused
  return refused.kind === 'full'
    ? { kind: 'full', message: 'too much is waiting to be written', retryAfterMs }
    : { kind: 'failed', message: refused.reason, retryAfterMs }
}

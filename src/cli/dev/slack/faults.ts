/** What goes wrong with one call, for tests and drills. */
export type Fault =
  /** `{ ok: false, error }`, and nothing is done. */
  | { readonly kind: 'error'; readonly error: string }
  /** 429; without `retryAfter`, without the header. */
  | { readonly kind: 'rate-limit'; readonly retryAfter?: string }
  | { readonly kind: 'status'; readonly status: number; readonly done?: boolean }
  /** 200 with a page, as a captive portal answers. */
  | { readonly kind: 'html'; readonly done?: boolean }
  | { readonly kind: 'empty'; readonly done?: boolean }
  /** Done at once, but the answer comes only after so many milliseconds. */
  | { readonly kind: 'late'; readonly ms: number }
  /** The connection breaks; `done`: after the call was carried out. */
  | { readonly kind: 'reset'; readonly done: boolean }
  /** Nobody listens there. */
  | { readonly kind: 'refuse' }
  /** Carried out so many milliseconds after the connection broke. */
  | { readonly kind: 'slow-accept'; readonly ms: number }

export interface Call {
  /** `chat.postMessage`. */
  readonly method: string
  readonly args: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970. */
  readonly atMs: number
  /** Counts the calls of this method from 1. */
  readonly nth: number
}

export type FaultScript = (call: Call) => Fault | undefined

/** What a broken connection looks like to whoever serves the emulator: it ends the socket without an answer. */
export class ConnectionReset extends Error {
  override name = 'ConnectionReset'
  readonly code: string
  constructor(code: 'ECONNRESET' | 'ECONNREFUSED') {
    super(`the emulator breaks this connection: ${code}`)
    this.code = code
  }
}

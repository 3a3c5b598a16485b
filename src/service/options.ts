import type { TraceViewer } from './trace-link.ts'

/** What the composition root is told; `main.ts` makes it from configuration, environment and flags. */
export interface ServiceOptions {
  readonly version: string
  readonly listen: {
    readonly host: string
    readonly port: number
    readonly basePath: string
    readonly names: readonly string[]
  }
  readonly auth: 'loopback' | 'none'
  /** Absolute paths. `policies` holds the burn policies that come with Nines. */
  readonly definitions: { readonly dir: string; readonly policies: string }
  /** Where relative paths in DataSources begin. */
  readonly base: string
  readonly store: StoreOptions
  /** Days. */
  readonly retention: { readonly traffic: number; readonly exemplars: number; readonly journal: number }
  readonly evaluateEverySeconds: number
  /** What links in messages begin with; undefined: the address we listen on. */
  readonly publicUrl: string | undefined
  /** Where traces can be seen; undefined: links are not made. */
  readonly traces?: TraceViewer | undefined
  /** Folder of the built page. */
  readonly webRoot: string
  readonly demo: boolean
  readonly slack: SlackOptions | undefined
  /** Handlers below a prefix besides our own, such as the Slack emulator. */
  readonly mounts: readonly {
    readonly prefix: string
    readonly handle: (request: Request) => Promise<Response>
  }[]
}

export type StoreOptions =
  | { readonly kind: 'embedded'; readonly path: string }
  | {
      readonly kind: 'cluster'
      readonly url: string
      readonly database: string
      readonly username: string
      readonly password?: string
      readonly cluster?: string
    }

export interface SlackOptions {
  readonly kind: 'workspace' | 'emulator'
  readonly token: string
  /** Slack's own when undefined. */
  readonly apiUrl: string | undefined
  /** Answers the calls instead of the network: the emulator in this process. */
  readonly fetch?: typeof globalThis.fetch
  readonly channel: string
  readonly locale: 'en' | 'ja'
  /** Who is called by the first message of a page: `<!subteam^S…>`; undefined: nobody. */
  readonly mention?: string | undefined
  /** Pictures in threads, and what upload addresses begin with; undefined: none. */
  readonly pictures?: { readonly uploads?: string } | undefined
  /** How presses and commands come back; undefined: messages have no buttons that act. */
  readonly desk?: SlackDeskSettings | undefined
}

export interface SlackDeskSettings {
  /** For requests over HTTP at `/slack`; empty: only the socket. */
  readonly signingSecrets: readonly string[]
  /** `xapp-…`; undefined: only HTTP. */
  readonly appToken: string | undefined
  /** Users (`U…`) and groups (`S…`) that may change incidents; empty: every member but guests. */
  readonly responders: readonly string[]
  /** What answer addresses begin with; Slack's own when undefined. */
  readonly hooks?: string
}

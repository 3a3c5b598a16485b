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
  /** Who else is told, and of what. Absent: only the channel above, of everything. */
  readonly notify?: NotifyOptions
  /** What happens as budgets are spent. Absent: the gate closes when one is gone. */
  readonly policies?: PolicyOptions
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

export interface PolicyOptions {
  readonly budgets: readonly {
    readonly name: string
    readonly match: readonly string[]
    readonly steps: readonly {
      readonly spent: number
      readonly notify: boolean
      readonly issue: boolean
      readonly gate: 'open' | 'closed'
    }[]
  }[]
  readonly tracker:
    | {
        readonly kind: 'github' | 'gitlab'
        readonly repo: string
        readonly token: string
        readonly apiUrl: string | undefined
        readonly labels: readonly string[]
      }
    | undefined
}

export interface NotifyOptions {
  readonly receivers: readonly ReceiverOptions[]
  /** The root of the tree; undefined: everybody is told of everything. */
  readonly routes: RouteOptions | undefined
  readonly hours: readonly HoursOptions[]
  readonly heartbeat: HeartbeatOptions | undefined
}

/** A destination by the name that routes call it. Names are unique; the channel of `slack` above is called `slack`. */
export type ReceiverOptions = {
  readonly name: string
  readonly fallback: string | undefined
  /** Seconds. */
  readonly repeatEvery: number | undefined
} & (
  | {
      readonly kind: 'slack'
      readonly channel: string
      readonly locale?: 'en' | 'ja' | undefined
      readonly mention?: string | undefined
    }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string | undefined }
  | { readonly kind: 'alertmanager'; readonly url: string; readonly authorization: string | undefined }
  | {
      readonly kind: 'pagerduty'
      readonly routingKey: string
      readonly apiUrl: string | undefined
      readonly locale: string | undefined
    }
  | {
      readonly kind: 'datadog'
      readonly apiKey: string
      readonly site: string
      readonly locale: string | undefined
    }
  | {
      readonly kind: 'mail'
      readonly host: string
      readonly port: number
      readonly security: 'tls' | 'starttls' | 'none'
      readonly user: string | undefined
      readonly password: string | undefined
      readonly from: string
      readonly to: readonly string[]
      readonly locale: string | undefined
    }
)

export interface RouteOptions {
  /** Matchers as they are written: `severity="page"`. All must hold. */
  readonly match: readonly string[]
  readonly receivers: readonly string[]
  readonly continue: boolean
  readonly hours?: string | undefined
  readonly routes: readonly RouteOptions[]
}

export interface HoursOptions {
  readonly name: string
  readonly zone: string
  readonly days: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]
  /** Minutes since midnight. */
  readonly from: number
  readonly to: number
  /** `YYYY-MM-DD`. */
  readonly except: readonly string[]
}

export interface HeartbeatOptions {
  readonly url: string
  /** Seconds. */
  readonly every: number
  readonly reportFailure: boolean
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

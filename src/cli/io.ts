/** Where a command's words go. Data on stdout, talk on stderr. */
export interface Io {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** False when stdout is not a terminal, or `NO_COLOR` is set. */
  readonly color: boolean
  /** Whether progress may be drawn over itself; else it is told in lines. */
  readonly terminal: boolean
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What a command gives the shell. Documented in docs/cli.md. */
export const EXIT = {
  ok: 0,
  /** Nines failed, or what it needs did. */
  failed: 1,
  /** What the user gave is wrong. */
  invalid: 2,
  /** Warnings, where they were asked to count. */
  warned: 3,
  /** Stopped by the user; the message says how to go on. */
  interrupted: 130,
} as const

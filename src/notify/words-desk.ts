/** What buttons, forms and answers to people say, in one language. */
export interface DeskWords {
  readonly buttons: {
    readonly acknowledge: string
    readonly unacknowledge: string
    readonly mute: string
    readonly unmute: string
    readonly note: string
    readonly resolve: string
    readonly postmortem: string
    readonly takeCommand: string
    readonly reopen: string
  }
  readonly forms: {
    readonly note: string
    readonly noteLabel: string
    readonly resolve: string
    readonly resolveLabel: string
    readonly resolveHint: string
    /** Something still burns: ending it by hand hides that. */
    readonly stillBurning: (sentence: string) => string
    readonly save: string
    readonly cancel: string
    readonly tooLong: (max: number) => string
    readonly empty: string
  }
  readonly answers: {
    readonly acknowledged: (id: string) => string
    readonly unacknowledged: (id: string) => string
    readonly muted: (id: string, until: string) => string
    readonly unmuted: (id: string) => string
    readonly noted: (id: string) => string
    readonly resolved: (id: string) => string
    readonly commanded: (id: string) => string
    readonly reopened: (id: string) => string
    readonly assigned: (id: string, to: string) => string
    readonly severitySet: (id: string, severity: string) => string
    readonly declared: (id: string) => string
    readonly commandedAlready: (id: string, by: string) => string
    /** It was so already; `by` and `ago` are of when it became so. */
    readonly already: (id: string, by: string, ago: string) => string
    readonly notAcknowledged: (id: string) => string
    readonly over: (id: string, ago: string) => string
    readonly nothingToDo: (id: string) => string
    readonly unknownIncident: (id: string) => string
    /** `why` is the service's sentence. */
    readonly refused: (why: string) => string
    readonly notAllowed: string
    readonly guest: string
    readonly busy: string
    readonly failed: string
    readonly formLate: string
    readonly unreadable: string
  }
  readonly silences: {
    /** What matchers it has, until when. */
    readonly made: (id: string, matchers: string, until: string) => string
    readonly ended: (id: string) => string
    readonly none: string
    readonly list: (count: number) => string
    readonly line: (silence: {
      readonly id: string
      readonly matchers: string
      readonly until: string
      readonly by: string
      readonly reason: string
    }) => string
  }
  readonly command: {
    readonly unknown: (word: string) => string
    readonly usage: (usage: string) => string
    readonly help: (command: string) => string
    readonly noIncidents: string
    readonly incidents: (count: number) => string
    readonly noPromises: (service: string) => string
    readonly promises: (count: number, shown: number) => string
    readonly left: (percent: string) => string
    readonly badLength: (text: string) => string
  }
}

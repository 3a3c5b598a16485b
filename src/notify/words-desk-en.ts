import type { DeskWords } from './words-desk.ts'

export const englishDesk: DeskWords = {
  buttons: {
    acknowledge: 'Acknowledge',
    unacknowledge: 'Take back',
    mute: 'Mute 1 h',
    unmute: 'Unmute',
    note: 'Note…',
    resolve: 'Resolve…',
    postmortem: 'Postmortem',
  },
  forms: {
    note: 'Add a note',
    noteLabel: 'What was seen or done',
    resolve: 'Resolve by hand',
    resolveLabel: 'Why it is over (optional)',
    resolveHint: 'It goes into the timeline. If a rule fires again, there will be an incident again.',
    stillBurning: (sentence) => `A rule still fires: *${sentence}*. Resolving does not change that.`,
    save: 'Save',
    cancel: 'Cancel',
    tooLong: (max) => `At most ${max} characters`,
    empty: 'A note needs some words',
  },
  answers: {
    acknowledged: (id) => `${id} is acknowledged.`,
    unacknowledged: (id) => `${id} is no longer acknowledged.`,
    muted: (id, until) => `${id} is muted until ${until}.`,
    unmuted: (id) => `${id} is no longer muted.`,
    noted: (id) => `The note is in the timeline of ${id}.`,
    resolved: (id) => `${id} is resolved.`,
    already: (id, by, ago) => `${id} is acknowledged already, by ${by}, ${ago} ago.`,
    notAcknowledged: (id) => `Nobody has acknowledged ${id}.`,
    over: (id, ago) => `${id} is over already, since ${ago} ago.`,
    nothingToDo: (id) => `${id} is so already.`,
    unknownIncident: (id) => `There is no incident ${id}. \`incidents\` lists those that are open.`,
    refused: (why) => `That was not done: ${why}.`,
    notAllowed: 'You may not do that here: ask to be added to the responders in nines.yaml.',
    guest: 'Guests and apps cannot change incidents.',
    busy: 'That was not done: too much waits already. Try again in a minute.',
    failed: 'That was not done: the service does not answer. Its page and its log say why.',
    formLate: 'Slack gives a form three seconds to open, and it took longer. Press again.',
    unreadable: 'That button is not one that this service knows.',
  },
  command: {
    unknown: (word) => `There is no “${word}”.`,
    usage: (usage) => `Write it like this: \`${usage}\``,
    help: (command) =>
      [
        `\`${command} status [service]\`  budgets, worst first`,
        `\`${command} incidents\`  what is open`,
        `\`${command} ack INC-2026-0001\`  you have seen it`,
        `\`${command} silence INC-2026-0001 2h [why]\`  no reminders until then`,
        `\`${command} note INC-2026-0001 text\`  into its timeline`,
        `\`${command} resolve INC-2026-0001 [why]\`  end it by hand`,
      ].join('\n'),
    noIncidents: 'No incident is open.',
    incidents: (count) => (count === 1 ? 'One incident is open:' : `${count} incidents are open:`),
    noPromises: (service) => (service === '' ? 'No SLO is defined.' : `No SLO of “${service}” is defined.`),
    promises: (count, shown) =>
      count === 1
        ? 'One SLO:'
        : count === shown
          ? `${count} SLOs, worst first:`
          : `The worst ${shown} of ${count} SLOs:`,
    left: (percent) => `${percent} of the budget left`,
    badLength: (text) => `“${text}” is no length of time: write 30m, 2h or 1d, at most 7d.`,
  },
}

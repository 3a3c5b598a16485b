import { SMTPClient, SMTPError, SMTPErrorStates } from 'emailjs'
import { failureOf, NOT_CONNECTED } from '../letters/http.ts'
import type { LetterDestination, Receipt } from '../letters/letter.ts'
import { digestMail, letterMail, type Mail, noticeMail } from './render.ts'

export interface MailOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  /** `tls`: from the first byte. `starttls`: after a greeting in the clear, and never without. `none`: in the clear. */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly user?: string | undefined
  /** Never logged. */
  readonly password?: string | undefined
  readonly from: string
  readonly to: readonly string[]
  readonly locale?: string | undefined
  readonly repeatEvery?: number | undefined
  /** Between two answers of the server. @default {10000} */
  readonly timeoutMs?: number | undefined
}

const TIMEOUT_MS = 10_000
/** So many incidents that ended unheard share one mail. */
const TOGETHER = 50

/** Mails over SMTP. Mails of one incident are one conversation: they name the first one as what they answer. */
export function createMailDestination(options: MailOptions): LetterDestination {
  const send = (mail: Mail): Promise<Receipt> => sendMail(options, mail)
  return {
    name: options.name,
    reasons: new Set(['first', 'worse', 'resolved', 'reopened', 'blind']),
    together: TOGETHER,
    repeatEvery: options.repeatEvery,
    deliver: async (letters) => {
      const told = letters.map((letter) =>
        options.locale === undefined
          ? letter
          : { ...letter, brief: { ...letter.brief, locale: options.locale } },
      )
      const [first] = told
      if (first === undefined) return { kind: 'sent' }
      return send(told.length > 1 ? digestMail(told) : letterMail(first))
    },
    announce: (notice) => send(noticeMail(notice)),
  }
}

async function sendMail(options: MailOptions, mail: Mail): Promise<Receipt> {
  const { host, port, security, user, password, from, to, timeoutMs = TIMEOUT_MS } = options
  const client = new SMTPClient({
    host,
    port,
    timeout: timeoutMs,
    ssl: security === 'tls',
    tls: security === 'starttls',
    ...(user === undefined || password === undefined ? {} : { user, password }),
  })
  try {
    await client.sendAsync({
      from,
      to: [...to],
      subject: mail.subject,
      // The plain part goes out as it is and may pass servers that know seven bits; the other one is whole, in base64.
      // A line that begins with a full stop would end it: the client sends such lines as they are.
      text: mail.text.replaceAll(/[^\r\n -~]/g, '?').replaceAll(/^\./gm, ' .'),
      attachment: [{ data: mail.text, alternative: true, type: 'text/plain; charset=utf-8' }],
      'message-id': `<${mail.id}@nines>`,
      'auto-submitted': 'auto-generated',
      ...(mail.answers === undefined
        ? {}
        : { 'in-reply-to': `<${mail.answers}@nines>`, references: `<${mail.answers}@nines>` }),
    })
    return { kind: 'sent' }
  } catch (error) {
    return receiptOf(error, options)
  } finally {
    client.smtp.close(true)
  }
}

/** A refusal says for how long: 4xx is for now, 5xx for good. Until the mail's end was answered nobody knows. */
function receiptOf(error: unknown, { name }: MailOptions): Receipt {
  if (!(error instanceof SMTPError)) return { kind: 'ambiguous', reason: failureOf(error) }
  const reason = failureOf(error.previous ?? error)
  const answer = answerOf(error)
  // The connection was never there.
  if (NOT_CONNECTED.test(reason)) return { kind: 'refused', reason }
  if (error.code === SMTPErrorStates.COULDNOTCONNECT) return { kind: 'refused', reason }
  if (error.code !== null && UNAUTHENTICATED.has(error.code))
    return { kind: 'barred', reason, remedy: `Look at the user, the password and the security of ${name}.` }
  if (error.code !== SMTPErrorStates.BADRESPONSE) return { kind: 'ambiguous', reason }
  if (answer === undefined || answer < 500) return { kind: 'refused', reason }
  if (answer === 552 || answer === 554) return { kind: 'unfit', reason }
  return { kind: 'barred', reason, remedy: `Look at the sender and the recipients of ${name}.` }
}

const UNAUTHENTICATED: ReadonlySet<number> = new Set([
  SMTPErrorStates.AUTHFAILED,
  SMTPErrorStates.AUTHNOTSUPPORTED,
  SMTPErrorStates.CONNECTIONAUTH,
])

/** The three digits of the server's answer, which the client keeps as text. */
function answerOf(error: SMTPError): number | undefined {
  const found = /\b([45]\d\d)\b/.exec(`${typeof error.smtp === 'string' ? error.smtp : ''} ${error.message}`)
  return found === null ? undefined : Number(found[1])
}

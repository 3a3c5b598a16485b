import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, expect, test } from 'vitest'
import { createMailDestination, type LetterDestination, type MailOptions } from '../../src/notify/index.ts'
import { briefOf, incidentWith } from './estate.ts'

const servers: SMTPServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise<void>((resolve) => server.close(() => resolve()))
})

/** A real SMTP server on loopback that keeps what it is given. */
async function mailbox(options: SMTPServerOptions & { mail?: Partial<MailOptions> } = {}) {
  const { mail, ...given } = options
  const mails: string[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        mails.push(Buffer.concat(chunks).toString('utf8'))
        done(null)
      })
    },
    ...given,
  })
  server.on('error', () => undefined)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const destination = createMailDestination({
    name: 'post',
    host: '127.0.0.1',
    port,
    security: 'none',
    from: 'Nines <nines@shop.example>',
    to: ['oncall@shop.example'],
    timeoutMs: 2_000,
    ...mail,
  })
  return { mails, destination, port }
}

const letter = (
  more: Partial<Parameters<LetterDestination['deliver']>[0][number]> = {},
): Parameters<LetterDestination['deliver']>[0][number] => ({
  brief: briefOf(),
  news: [],
  seq: 1,
  key: 'INC-2026-0147/1',
  first: true,
  ...more,
})

/** Subject and text as a reader sees them. */
function read(mail: string | undefined): { subject: string; text: string; raw: string } {
  const raw = mail ?? ''
  const folded = /^subject: (.*(?:\r\n[ \t].*)*)/im.exec(raw)?.[1] ?? ''
  const subject = folded
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?UTF-8\?Q\?([^?]*)\?=/gi, (_, q: string) =>
      Buffer.from(
        q
          .replaceAll('_', ' ')
          .replaceAll(/=([0-9A-F]{2})/gi, (_all, hex: string) =>
            String.fromCharCode(Number.parseInt(hex, 16)),
          ),
        'latin1',
      ).toString('utf8'),
    )
  const encoded = /Content-Transfer-Encoding: base64[^]*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/i.exec(raw)?.[1] ?? ''
  return { subject, text: Buffer.from(encoded, 'base64').toString('utf8'), raw }
}

test('an incident is a mail, and what happens to it answers that mail', async () => {
  const { mails, destination } = await mailbox()
  expect(await destination.deliver([letter()])).toEqual({ kind: 'sent' })
  const resolved = briefOf({ incident: incidentWith({ state: 'resolved' }) })
  await destination.deliver([letter({ brief: resolved, first: false, seq: 2, key: 'INC-2026-0147/2' })])
  const [opened, over] = mails.map(read)
  expect(opened?.subject).toContain('PAGE · Checkout availability: Burning 14.8× in gcp')
  expect(opened?.text).toContain('http://127.0.0.1:8080/incidents/INC-2026-0147')
  expect(opened?.raw).toMatch(/^message-id: <INC-2026-0147@nines>/im)
  expect(over?.raw).toMatch(/^in-reply-to: <INC-2026-0147@nines>/im)
  expect(over?.subject).toContain('RESOLVED')
})

test('mails are in Japanese where the receiver is', async () => {
  const { mails, destination } = await mailbox({ mail: { locale: 'ja' } })
  await destination.deliver([letter()])
  expect(read(mails[0]).subject).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/)
  expect(read(mails[0]).text).toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/)
})

test('incidents that ended unheard share a mail', async () => {
  const { mails, destination } = await mailbox()
  const over = ['INC-2026-0001', 'INC-2026-0002'].map((id) =>
    letter({ brief: briefOf({ incident: incidentWith({ id, state: 'resolved' }) }), key: `${id}/2` }),
  )
  await destination.deliver(over)
  expect(mails).toHaveLength(1)
  expect(read(mails[0]).subject).toBe('2 incidents opened and ended while nobody could be told')
  expect(read(mails[0]).text).toContain('INC-2026-0002')
})

test('a name with a line break in it adds no header', async () => {
  const { mails, destination } = await mailbox()
  await destination.deliver([
    letter({ brief: briefOf({ name: 'x\r\nBcc: everybody@shop.example\r\n\r\nHi' }) }),
  ])
  expect(mails[0]).not.toMatch(/^bcc:/im)
})

test.each([
  ['a server that is not there is tried later', 'refused', {}],
  ['a recipient that is refused for now is tried later', 'refused', { onRcptTo: 450 }],
  ['a recipient that does not exist stops and says so', 'barred', { onRcptTo: 550 }],
])('%s', async (_, kind, { onRcptTo }: { onRcptTo?: number }) => {
  const { destination, port } = await mailbox(
    onRcptTo === undefined
      ? {}
      : {
          onRcptTo: (_address, _session, done) =>
            done(Object.assign(new Error('no such mailbox'), { responseCode: onRcptTo })),
        },
  )
  if (onRcptTo === undefined) {
    await new Promise<void>((resolve) => servers[0]!.close(() => resolve()))
    servers.length = 0
    expect(port).toBeGreaterThan(0)
  }
  expect(await destination.deliver([letter()])).toMatchObject({ kind })
})

test('a wrong password stops and says so', async () => {
  const { destination } = await mailbox({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(new Error('no')),
    mail: { user: 'nines', password: 'wrong' },
  })
  expect(await destination.deliver([letter()])).toMatchObject({
    kind: 'barred',
    remedy: expect.stringContaining('password'),
  })
})

test('a server that takes no encryption is given nothing when it is asked for', async () => {
  const { mails, destination } = await mailbox({ mail: { security: 'starttls' } })
  expect((await destination.deliver([letter()])).kind).not.toBe('sent')
  expect(mails).toEqual([])
})

test('an answer that never comes leaves it open whether the mail arrived', async () => {
  const { destination } = await mailbox({
    onData: (stream) => {
      stream.resume()
    },
    mail: { timeoutMs: 300 },
  })
  expect(await destination.deliver([letter()])).toMatchObject({ kind: 'ambiguous' })
})

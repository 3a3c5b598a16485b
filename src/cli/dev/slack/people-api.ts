import { z } from 'zod'
import type { Done, Interactor } from './interact.ts'

export type { Done } from './interact.ts'

const who = { channel: z.string(), user: z.string() }
const requests = {
  press: z.object({ ...who, ts: z.string(), action: z.string() }),
  submit: z.object({ ...who, view: z.string(), texts: z.record(z.string(), z.string()) }),
  close: z.object({ view: z.string() }),
  command: z.object({ ...who, text: z.string().max(4_000) }),
  mention: z.object({ ...who, text: z.string().max(4_000) }),
}

/** What the page's people do; undefined for a path that is none of theirs. */
export async function servePeople(
  interactor: Interactor,
  path: string,
  body: unknown,
): Promise<Done | undefined> {
  const unread: Done = { ok: false, error: 'invalid_arguments' }
  switch (path) {
    case 'press': {
      const read = requests.press.safeParse(body)
      return read.success ? interactor.press(read.data) : unread
    }
    case 'submit': {
      const read = requests.submit.safeParse(body)
      return read.success ? interactor.submit(read.data) : unread
    }
    case 'close': {
      const read = requests.close.safeParse(body)
      if (!read.success) return unread
      interactor.close(read.data.view)
      return { ok: true }
    }
    case 'command': {
      const read = requests.command.safeParse(body)
      return read.success ? interactor.command(read.data) : unread
    }
    case 'mention': {
      const read = requests.mention.safeParse(body)
      return read.success ? interactor.mention(read.data) : unread
    }
    default:
      return undefined
  }
}

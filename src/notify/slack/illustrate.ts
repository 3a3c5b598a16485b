import { z } from 'zod'
import type { World } from '../../base/index.ts'
import type { IncidentBrief } from '../brief.ts'
import type { MessageRef } from '../destination.ts'
import { type Picture, picturesOf, type SeriesPair } from '../picture/draw.ts'
import { toPng } from '../picture/png.ts'
import type { SlackCall } from './client.ts'
import { classify } from './failure.ts'

export interface IllustratorOptions {
  /** What is drawn; undefined when nothing is known. */
  readonly series: (brief: IncidentBrief) => Promise<SeriesPair | undefined>
  /** What upload addresses must begin with; they get no token. @default {https://files.slack.com/} */
  readonly uploads?: string
}

/** Puts pictures into an incident's thread. It never delays or fails what is told: a picture that fails is missing. */
export type Illustrate = (ref: MessageRef, brief: IncidentBrief) => Promise<void>

const place = z.looseObject({ upload_url: z.string(), file_id: z.string() })
const UPLOAD_MS = 10_000

export function createIllustrator(world: World, call: SlackCall, options: IllustratorOptions): Illustrate {
  const { series, uploads = 'https://files.slack.com/' } = options
  return async (ref, brief) => {
    try {
      const pair = await series(brief)
      if (pair === undefined) return
      const files: { id: string; title: string }[] = []
      for (const picture of picturesOf(brief, pair))
        files.push(await upload(world, call, { picture, uploads }))
      // All of them in one message.
      await call('files.completeUploadExternal', { files, channel_id: ref.channel, thread_ts: ref.ts })
    } catch (error) {
      world.log.warn('a picture is missing', { incident: brief.incident.id, reason: classify(error).reason })
    }
  }
}

async function upload(
  world: World,
  call: SlackCall,
  { picture, uploads }: { readonly picture: Picture; readonly uploads: string },
): Promise<{ id: string; title: string }> {
  const bytes = await toPng(picture.svg)
  const args = { filename: picture.name, length: bytes.length, alt_txt: picture.alt }
  const { upload_url, file_id } = place.parse(await call('files.getUploadURLExternal', args))
  if (!upload_url.startsWith(uploads)) throw new Error('the address to upload to is not Slack’s')
  const response = await world.fetch(upload_url, {
    method: 'POST',
    body: Buffer.from(bytes),
    redirect: 'error',
    signal: AbortSignal.timeout(UPLOAD_MS),
  })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`the upload was answered with ${response.status}`)
  return { id: file_id, title: picture.name }
}

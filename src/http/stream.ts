import type { FastifyReply, FastifyRequest } from 'fastify'
import type { World } from '../base/index.ts'
import type { Api } from './api.ts'

const HEARTBEAT_MS = 15_000
/** A reader this far behind is cut off; it comes back with `Last-Event-ID` and catches up or gets `reset`. */
const MAX_UNSENT_BYTES = 1 << 20

/** Sends live events to one browser until it leaves or the server closes. */
export async function stream(
  world: World,
  api: Api,
  exchange: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly closing: AbortSignal },
): Promise<void> {
  const { request, reply } = exchange
  reply.hijack()
  const raw = reply.raw
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  })
  raw.write('retry: 3000\n\n')
  const gone = new AbortController()
  request.raw.on('close', () => gone.abort())
  raw.on('error', () => gone.abort())
  const over = AbortSignal.any([gone.signal, exchange.closing])
  const stop = api.subscribe(lastEventId(request), (id, event) => {
    raw.write(`id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    if (raw.writableLength > MAX_UNSENT_BYTES) gone.abort()
  })
  try {
    while (!over.aborted) {
      await world.clock.sleep(HEARTBEAT_MS, over)
      raw.write(': here\n\n')
    }
  } catch (error) {
    if (!over.aborted) throw error
  } finally {
    stop()
    raw.end()
  }
}

function lastEventId(request: FastifyRequest): number | undefined {
  const header = request.headers['last-event-id']
  const id = Number(typeof header === 'string' && header !== '' ? header : Number.NaN)
  return Number.isSafeInteger(id) ? id : undefined
}

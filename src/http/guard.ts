import { isIP } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'

interface Guarded {
  readonly host: string
  readonly auth: 'loopback' | 'none'
  readonly names: readonly string[]
}

const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|::1)$/

/** Why the service must not start like this; undefined when it may. */
export function refusal({ host, auth }: Pick<Guarded, 'host' | 'auth'>): string | undefined {
  if (auth === 'none' || LOOPBACK.test(host)) return undefined
  return (
    `Nines will not listen on ${host} without authentication: anybody who reaches it could acknowledge incidents. ` +
    'Listen on 127.0.0.1 behind a proxy that authenticates, or say `auth: none` in nines.yaml (NINES_AUTH=none).'
  )
}

/**
 * Turns away two kinds of request that a browser can be made to send: one to another name that resolves to us (DNS
 * rebinding; on loopback we know our names), and a change asked for by a page of another origin.
 */
export function guard({ host, names }: Guarded) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (LOOPBACK.test(host) && !isOurName(request.headers.host, names)) {
      await refuse(reply, 421, `This service is not called "${request.headers.host ?? ''}".`)
    } else if (request.method !== 'GET' && request.method !== 'HEAD' && isForeign(request)) {
      await refuse(reply, 403, 'A page of another origin asked for this change.')
    }
  }
}

function isOurName(header: string | undefined, names: readonly string[]): boolean {
  const name = (header ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  return names.includes(name) || (LOOPBACK.test(name) && (isIP(name) !== 0 || name === 'localhost'))
}

function isForeign(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const { origin } = request.headers
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== request.headers.host
}

async function refuse(reply: FastifyReply, status: number, detail: string): Promise<void> {
  await reply
    .code(status)
    .type('application/problem+json')
    .send({ title: 'The request was refused', status, detail })
}

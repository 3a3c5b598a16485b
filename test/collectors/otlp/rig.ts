import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { failed, ok } from '../../../src/base/index.ts'
import type { Address } from '../../../src/collectors/otlp/address.ts'
import type { Answer } from '../../../src/collectors/otlp/answers.ts'
import type { Reception, Request } from '../../../src/collectors/otlp/reception.ts'
import type { Signal } from '../../../src/collectors/otlp/signal.ts'

/** A reception that keeps what it gets and answers as it is told. */
export class ToldReception implements Reception {
  readonly received: Request[] = []
  answers: Answer[] = []
  refusal: Answer | undefined

  readonly refuses = (): Answer | undefined => this.refusal
  readonly receive = async (request: Request): Promise<Answer> => {
    this.received.push(request)
    return this.answers.shift() ?? { kind: 'taken', rejected: 0, message: '' }
  }
}

/** Reads `{"good":3,"minute":…}`: as many good requests; `rejected` are told as such. */
export const plainSignal: Signal = {
  read: (body) => {
    try {
      const { good, minute, rejected = 0 } = JSON.parse(Buffer.from(body).toString())
      return ok({
        items: good + rejected,
        rejected,
        message: rejected > 0 ? 'some were no use' : '',
        count: (into) => {
          const series = into.series({ service_name: 'checkout' })
          into.add(series, { minute, outcome: 'good', reason: '2xx', duration: undefined }, good)
          if (rejected > 0) into.reject(rejected)
        },
      })
    } catch {
      return failed('it is no JSON')
    }
  },
}

export interface Response {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Post {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** Sends one request on a connection of its own. */
export function post(
  { host, port }: Address,
  { path = '/v1/traces', method = 'POST', headers = {}, body = Buffer.from('{}') }: Post = {},
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host, port, path, method, agent: false, headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

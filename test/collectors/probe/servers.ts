import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { join } from 'node:path'
import * as grpc from '@grpc/grpc-js'

const FIXTURES = join(import.meta.dirname, '../../fixtures/probe')
export const CERTIFICATE = join(FIXTURES, 'localhost-cert.pem')
const tls = {
  cert: readFileSync(CERTIFICATE),
  // Of a certificate for localhost that nobody trusts.
  key: readFileSync(join(FIXTURES, 'localhost-key.pem')),
}

export interface Serving extends AsyncDisposable {
  readonly port: number
  /** How many connections were made. */
  readonly connections: () => number
}

export const serveHttp = (answer: RequestListener): Promise<Serving> => listen(createServer(answer))
export const serveHttps = (answer: RequestListener): Promise<Serving> => listen(createTlsServer(tls, answer))

async function listen(server: Server & { closeAllConnections: () => void }): Promise<Serving> {
  let connections = 0
  server.on('connection', () => connections++)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    [Symbol.asyncDispose]: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

/** A real gRPC server with the health service; `status` of each service by name, a thrown number is a gRPC status. */
export async function serveHealth(
  status: (service: string) => number,
  { secure = false } = {},
): Promise<Serving> {
  const server = new grpc.Server()
  const bytes = (value: Buffer): Buffer => value
  const check = {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  }
  server.addService(
    { check },
    {
      check: (call: { request: Buffer }, answer: grpc.sendUnaryData<Buffer>) => {
        try {
          // Field 1 is the service's name; an empty request asks about the server.
          answer(null, Buffer.from([0x08, status(call.request.subarray(2).toString())]))
        } catch (code) {
          answer({ code: Number(code), details: 'no' })
        }
      },
    },
  )
  const credentials = secure
    ? grpc.ServerCredentials.createSsl(null, [{ cert_chain: tls.cert, private_key: tls.key }])
    : grpc.ServerCredentials.createInsecure()
  const port = await new Promise<number>((done, failed) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? failed(error) : done(bound))),
  )
  return {
    port,
    connections: () => 0,
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  }
}

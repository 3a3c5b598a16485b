import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConnectionReset, type SlackEmulator } from '../../src/cli/dev/slack/index.ts'

/** The emulator on a loopback port, for clients that want a real connection. */
export async function serve(
  emulator: Pick<SlackEmulator, 'handle'>,
): Promise<{ url: string } & AsyncDisposable> {
  const server: Server = createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk)
      const headers = new Headers()
      for (const [name, value] of Object.entries(incoming.headers))
        if (typeof value === 'string') headers.set(name, value)
      const request = new Request(new URL(incoming.url ?? '/', `http://${incoming.headers.host}`), {
        method: incoming.method ?? 'GET',
        headers,
        ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
      })
      try {
        const response = await emulator.handle(request)
        outgoing.writeHead(response.status, Object.fromEntries(response.headers))
        outgoing.end(Buffer.from(await response.arrayBuffer()))
      } catch (error) {
        if (!(error instanceof ConnectionReset)) throw error
        incoming.socket.resetAndDestroy()
      }
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

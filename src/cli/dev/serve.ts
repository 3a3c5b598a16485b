import { createServer, type IncomingMessage, type Server } from 'node:http'

/** Serves an emulator on this machine alone. Resolves once it listens; port 0 takes any that is free. */
export async function serveEmulator(
  answer: (request: Request) => Promise<Response>,
  { port, onError }: { readonly port: number; readonly onError: (error: unknown) => void },
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    const respond = async (): Promise<void> => {
      const response = await answer(await requestOf(incoming))
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      outgoing.end(Buffer.from(await response.arrayBuffer()))
    }
    respond().catch((error: unknown) => {
      onError(error)
      outgoing.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return { url: `http://127.0.0.1:${portOf(server)}`, close: () => closed(server) }
}

/** Requests of a collector are small. */
const MOST_BYTES = 4 * 1024 * 1024

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    if (!(chunk instanceof Buffer)) throw new Error('the body is not made of bytes')
    size += chunk.length
    if (size > MOST_BYTES) throw new Error('the body is too large')
    chunks.push(chunk)
  }
  const { method = 'GET', url = '/' } = incoming
  const headers = new Headers()
  for (const [name, value] of Object.entries(incoming.headers))
    if (typeof value === 'string' && name !== 'connection') headers.set(name, value)
  const body = method === 'GET' || method === 'HEAD' ? {} : { body: Buffer.concat(chunks) }
  return new Request(`http://127.0.0.1${url}`, { method, headers, ...body })
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

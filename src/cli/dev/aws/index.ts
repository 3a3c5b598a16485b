import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { answerAthena, isRecord } from './athena.ts'
import { Executions, type ExecutionsOptions, Refusal } from './executions.ts'
import { answerS3 } from './s3.ts'

export type { Execution, Fate } from './executions.ts'
export { partitionConditions } from './prune.ts'

export interface AwsEmulator {
  readonly url: string
  readonly executions: Executions
  readonly close: () => Promise<void>
}

const LONGEST_BODY = 1024 * 1024

/** Athena and S3 on one port of the loopback: Athena's calls are POSTs with a target, S3's are GETs of paths. */
export async function startAwsEmulator(
  options: Partial<ExecutionsOptions> & { readonly root: string; readonly port?: number },
): Promise<AwsEmulator> {
  const executions = new Executions({ quota: 20, queuedMs: 20, runningMs: 20, ...options })
  const server = createServer((request, response) => {
    const target = request.headers['x-amz-target']
    const answered =
      typeof target === 'string'
        ? json(executions, { target, request }, response)
        : answerS3(options.root, request, response)
    answered.catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)))
    })
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${portOf(server)}`, executions, close: () => close(server) }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the emulator has no port')
  return address.port
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => void server.close(() => resolve()))
}

async function json(
  executions: Executions,
  { target, request }: { readonly target: string; readonly request: IncomingMessage },
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
  }
  const [service, operation = ''] = target.split('.')
  try {
    if (service !== 'AmazonAthena')
      throw new Refusal('UnknownOperationException', `${target} is not emulated`)
    if (request.headers.authorization === undefined)
      throw new Refusal('MissingAuthenticationTokenException', 'Missing Authentication Token')
    const input: unknown = JSON.parse(await bodyOf(request))
    send(200, answerAthena(executions, operation, isRecord(input) ? input : {}))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    send(400, { __type: error.name, message: error.message, Message: error.message, ...error.extra })
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    length += bytes.length
    if (length > LONGEST_BODY) throw new Refusal('InvalidRequestException', 'The request is too large')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString()
}

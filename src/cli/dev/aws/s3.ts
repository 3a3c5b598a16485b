import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join, relative, resolve, sep } from 'node:path'

const MOST_KEYS = 1_000

/** Answers S3's path-style GET and HEAD over a directory of buckets: ListObjectsV2 and GetObject, read only. */
export async function answerS3(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const [bucket = '', ...rest] = url.pathname.slice(1).split('/').map(decodeURIComponent)
  const key = rest.join('/')
  const base = resolve(root, bucket)
  if (!base.startsWith(resolve(root) + sep) || !(await isDirectory(base)))
    return refuse(response, {
      status: 404,
      code: 'NoSuchBucket',
      message: 'The specified bucket does not exist',
    })
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, {
      status: 405,
      code: 'MethodNotAllowed',
      message: 'The emulated S3 is read only',
    })
  if (key === '') return list(base, { bucket, query: url.searchParams }, response)
  return get(base, { key, request }, response)
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

async function list(
  base: string,
  { bucket, query }: { readonly bucket: string; readonly query: URLSearchParams },
  response: ServerResponse,
): Promise<void> {
  if (query.get('list-type') !== '2')
    return refuse(response, {
      status: 400,
      code: 'InvalidArgument',
      message: 'Only ListObjectsV2 is emulated',
    })
  const prefix = query.get('prefix') ?? ''
  const after = query.get('continuation-token') ?? query.get('start-after') ?? ''
  const most = Math.min(MOST_KEYS, Number(query.get('max-keys') ?? MOST_KEYS))
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  const entries = await readdir(join(base, folder), { recursive: true, withFileTypes: true }).catch(() => [])
  const keys = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(base, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((key) => key.startsWith(prefix) && bytewise(key, after) > 0)
    .sort(bytewise)
  const page = keys.slice(0, most)
  const contents = await Promise.all(page.map((key) => described(base, key)))
  const next = keys.length > most ? page.at(-1) : undefined
  const xml = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
    `<Name>${escaped(bucket)}</Name><Prefix>${escaped(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${most}</MaxKeys>`,
    `<IsTruncated>${next !== undefined}</IsTruncated>`,
    next === undefined ? '' : `<NextContinuationToken>${escaped(next)}</NextContinuationToken>`,
    ...contents,
    '</ListBucketResult>',
  ]
  response.writeHead(200, { 'content-type': 'application/xml' }).end(xml.join(''))
}

/** Keys are in the order of their UTF-8 bytes. */
const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))

async function described(base: string, key: string): Promise<string> {
  const path = join(base, key)
  const { size, mtime } = await stat(path)
  return `<Contents><Key>${escaped(key)}</Key><LastModified>${mtime.toISOString()}</LastModified><ETag>&quot;${await etagOf(path)}&quot;</ETag><Size>${size}</Size><StorageClass>STANDARD</StorageClass></Contents>`
}

const etags = new Map<string, string>()

async function etagOf(path: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(path)
  const key = `${path} ${size} ${mtimeMs} ${ino}`
  const known = etags.get(key)
  if (known !== undefined) return known
  const made = createHash('md5')
    .update(await readFile(path))
    .digest('hex')
  etags.set(key, made)
  return made
}

async function get(
  base: string,
  { key, request }: { readonly key: string; readonly request: IncomingMessage },
  response: ServerResponse,
): Promise<void> {
  const path = resolve(base, key)
  const found = path.startsWith(base + sep) ? await stat(path).catch(() => undefined) : undefined
  if (!found?.isFile())
    return refuse(response, { status: 404, code: 'NoSuchKey', message: 'The specified key does not exist.' })
  const etag = `"${await etagOf(path)}"`
  const wanted = request.headers['if-match']
  if (wanted !== undefined && wanted !== etag && wanted !== etag.slice(1, -1))
    return refuse(response, {
      status: 412,
      code: 'PreconditionFailed',
      message: 'At least one of the pre-conditions you specified did not hold',
    })
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const from = Number(range?.[1] ?? 0)
  const to = range?.[2] ? Math.min(Number(range[2]), found.size - 1) : found.size - 1
  if (range !== null && from >= found.size)
    return refuse(response, {
      status: 416,
      code: 'InvalidRange',
      message: 'The requested range is not satisfiable',
    })
  response.writeHead(range === null ? 200 : 206, {
    etag,
    'content-length': String(Math.max(0, to - from + 1)),
    'last-modified': found.mtime.toUTCString(),
    'accept-ranges': 'bytes',
    ...(range === null ? {} : { 'content-range': `bytes ${from}-${to}/${found.size}` }),
  })
  if (request.method === 'HEAD' || found.size === 0) response.end()
  else
    createReadStream(path, { start: from, end: to })
      .on('error', (error) => response.destroy(error))
      .pipe(response)
}

function refuse(
  response: ServerResponse,
  { status, code, message }: { readonly status: number; readonly code: string; readonly message: string },
): void {
  response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(
      `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    )
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)
}

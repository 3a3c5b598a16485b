import { Readable } from 'node:stream'
import { assumed } from '../athena/api.ts'
import type { S3LogOptions } from './options.ts'

export interface S3Object {
  readonly key: string
  readonly etag: string
  readonly size: number
}

/** What of S3 is used. Every call rejects with the client's error. */
export interface S3Api {
  /** All objects whose keys begin so. */
  readonly list: (prefix: string, signal: AbortSignal) => Promise<readonly S3Object[]>
  /** The object's bytes; rejects when it is no longer the one that was listed. */
  readonly open: (object: S3Object, signal: AbortSignal) => Promise<Readable>
}

type Place = Pick<S3LogOptions, 'region' | 'bucket' | 'endpoint' | 'role'>

/** The vendor's client, loaded when it is first needed. */
export function createS3Api(place: Place): S3Api {
  let loading: ReturnType<typeof loadClient> | undefined
  const load = (): ReturnType<typeof loadClient> => {
    const current = (loading ??= loadClient(place))
    current.catch(() => {
      if (loading === current) loading = undefined
    })
    return current
  }
  return {
    list: async (prefix, signal) => {
      const { sdk, client } = await load()
      const found: S3Object[] = []
      let token: string | undefined
      do {
        const page = await client.send(
          new sdk.ListObjectsV2Command({
            Bucket: place.bucket,
            Prefix: prefix,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          { abortSignal: signal },
        )
        for (const { Key: key, ETag: etag, Size: size } of page.Contents ?? [])
          if (key !== undefined && etag !== undefined && size !== undefined && size > 0)
            found.push({ key, etag: etag.replaceAll('"', ''), size })
        token = page.NextContinuationToken
      } while (token !== undefined)
      return found
    },
    open: async ({ key, etag }, signal) => {
      const { sdk, client } = await load()
      const command = new sdk.GetObjectCommand({ Bucket: place.bucket, Key: key, IfMatch: `"${etag}"` })
      const { Body: body } = await client.send(command, { abortSignal: signal })
      if (!(body instanceof Readable)) throw new Error(`${key} has no body`)
      return body
    },
  }
}

async function loadClient({ region, endpoint, role }: Place): Promise<{
  readonly sdk: typeof import('@aws-sdk/client-s3')
  readonly client: import('@aws-sdk/client-s3').S3Client
}> {
  const [sdk, credentials] = await Promise.all([import('@aws-sdk/client-s3'), assumed({ region, role })])
  const client = new sdk.S3Client({
    region,
    maxAttempts: 5,
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(credentials === undefined ? {} : { credentials }),
  })
  return { sdk, client }
}

import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether an `Authorization` header shows the token. Takes as long for a near miss as for any other. */
export type Admits = (authorization: string | undefined) => boolean

/** `token` undefined: everybody is admitted. */
export function createAdmission(token: string | undefined): Admits {
  if (token === undefined) return () => true
  const wanted = digest(`Bearer ${token}`)
  return (authorization) => timingSafeEqual(digest(authorization ?? ''), wanted)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** What a function gives whose failure the caller must show to somebody. Bugs are thrown, never returned. */
export type Result<T, E> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: E }

export const ok = <T>(value: T): Result<T, never> => ({ kind: 'ok', value })
export const failed = <E>(error: E): Result<never, E> => ({ kind: 'failed', error })

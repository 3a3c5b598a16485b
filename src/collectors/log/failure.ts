/** What went wrong with a file, and what to do about it, in one sentence for people. */
export function whatFailed(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const remedy = REMEDIES[code]
  const message = error instanceof Error ? error.message : String(error)
  return remedy === undefined ? message : `${message}: ${remedy}`
}

const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: 'give the user that runs Nines the right to read it',
  EPERM: 'give the user that runs Nines the right to read it',
  ENOENT: 'write the path of a file that exists',
  EMFILE: 'raise the limit of open files (ulimit -n)',
  Z_BUF_ERROR: 'the gzip file is cut off; what came before was counted up to its last whole chunk',
  Z_DATA_ERROR: 'the gzip file is damaged; what came before was counted up to its last whole chunk',
}

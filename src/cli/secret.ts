import { readFileSync } from 'node:fs'

/** A secret by the field's own name, or from the file that `NAME_FILE` names. Undefined when neither is set. */
export function readSecret(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  const direct = env[name]
  if (direct !== undefined && direct !== '') return direct
  const path = env[`${name}_FILE`]
  return path === undefined || path === '' ? undefined : readFileSync(path, 'utf8').trim()
}
